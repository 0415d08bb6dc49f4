/** The warehouses of the load benchmarks. */

import type { MissingTool } from '../bench.ts'

/** How large a warehouse is. */
export interface Size {
  /** Data files that the tables consist of now. Undefined where files say nothing. */
  files?: number
  /** All data files that exist. Older states of the tables still need some of them. */
  allFiles?: number
  /** Bytes of the files in `files`, or of the whole warehouse. */
  bytes: number
}

/** An empty warehouse, or an empty part of one. */
export interface Place {
  /** For `warehouse_url`. */
  url: string
  size: () => Promise<Size>
  remove: () => Promise<void>
}

/** A place that the engine can also load by itself. */
export interface FloorPlace extends Place {
  /** The program with the engine's own load of the file, and the same merge. */
  floor: (path: string) => readonly [string, ...string[]]
}

/** Returns a new place. The name is one word. */
export type PlaceOf<P extends Place> = (name: string) => Promise<P>

export interface Engine<P extends Place = FloorPlace> {
  title: string
  /** A word for the names of benches: `duckdb`. */
  word: string
  missing?: () => MissingTool
  /** Writes the file that the floor loads, from the Singer file. @default the Singer file itself */
  writeReady?: (path: string) => Promise<string>
  /** Runs the work with servers that are stopped afterwards. */
  use: <T>(work: (placeOf: PlaceOf<P>) => Promise<T>) => Promise<T>
}
