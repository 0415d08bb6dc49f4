/** What must hold after a run, worked out from the workspace and what the reader holds. */

import { isDeepStrictEqual } from 'node:util'
import type { World } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/support/connection.ts'
import { keyOf, objectsOf, rowOf } from '../e2e/support/truth.ts'
import { isBackdated, mayBeLoaded, mustBeLoaded, type Sourced } from './scope.ts'
import type { ModelWarehouse } from './warehouse.ts'

export type Objects = Record<StreamName, Map<string, JsonObject>>

/** Something for each stream. */
export function byStream<T>(of: (stream: StreamName) => T): Record<StreamName, T> {
  return {
    newsletters: of('newsletters'),
    campaigns: of('campaigns'),
    campaign_actions: of('campaign_actions'),
  }
}

/**
 * The objects as they are. Edits replace them, so the same object later is one that nobody touched.
 */
export function snapshot(world: World): Objects {
  const of = (stream: StreamName) =>
    new Map(objectsOf(world, stream).map((raw) => [keyOf(raw), raw]))
  return byStream(of)
}

export interface RunSpan {
  before: Objects
  after: Objects
  warehouse: ModelWarehouse
  /**
   * Where the first sync of each stream began, in epoch milliseconds; undefined: everything is in
   * scope, as once a full read has begun.
   */
  starts: Record<StreamName, number | undefined>
}

export interface CompleteRun extends RunSpan {
  /**
   * From which time on the rows must be loaded: not all of them where no full read was complete.
   */
  demanded: Record<StreamName, number | undefined>
  /** How far the clock of the servers was ever set back. */
  lagMs: number
  /** Streams that were read, and whether as FULL_TABLE. */
  read: ReadonlyMap<StreamName, { isFull: boolean }>
  /** Keys that were there at any time before the run began. */
  known: Record<StreamName, ReadonlySet<string>>
  /**
   * Newsletters were deleted while it ran. A row that is gone while pages are read may hide its
   * neighbour from this one sync.
   */
  hasDeleted: boolean
  /** A campaign's actions were answered with 404 though it was there: the next run reads them. */
  isMisled: boolean
  /**
   * The tap was once not given the last state: what a later first sync leaves out for its age may
   * stay as it was.
   */
  hasForgotten: boolean
}

function isMissed({ isMisled }: CompleteRun, stream: StreamName): boolean {
  return stream === 'campaign_actions' && isMisled
}

function mayHide(run: CompleteRun, stream: StreamName): boolean {
  return (stream === 'newsletters' && run.hasDeleted) || isMissed(run, stream)
}

function sourced(objects: Objects, stream: StreamName, key: string): Sourced | undefined {
  const raw = objects[stream].get(key)
  const parentKey = `0/${key.split('/')[0]}`
  const parent = stream === 'campaign_actions' ? objects.campaigns.get(parentKey) : undefined
  return raw && { raw, parent }
}

/** Objects that nobody touched while the run was on. */
function untouched(run: RunSpan, stream: StreamName): string[] {
  const { before, after } = run
  return [...after[stream]].flatMap(([key, raw]) => (before[stream].get(key) === raw ? [key] : []))
}

/**
 * One sentence for each row that a complete run left out or left old, and each that it should have
 * retired.
 */
export function faultsAfter(run: CompleteRun): string[] {
  return STREAMS.filter((stream) => run.read.has(stream)).flatMap((stream) => {
    const table = run.warehouse.table(stream)
    const startMs = run.starts[stream]
    const faults: string[] = []
    for (const key of untouched(run, stream)) {
      const row = table.get(key)
      const source = sourced(run.after, stream, key)
      if (!source) continue
      if (!row) {
        if (mustBeLoaded(source, run.demanded[stream]) && !mayHide(run, stream))
          faults.push(`lost: ${stream} ${key}`)
      } else if (
        !isDeepStrictEqual(row.record, rowOf(stream, source.raw)) &&
        !isMissed(run, stream) &&
        !(startMs !== undefined && isBackdated(source, startMs, run.lagMs)) &&
        !(run.hasForgotten && !mayBeLoaded(source, startMs))
      )
        faults.push(`stale: ${stream} ${key}`)
    }
    if (!run.read.get(stream)?.isFull) return faults
    for (const key of table.keys()) {
      const isThere = run.before[stream].has(key) || run.after[stream].has(key)
      if (run.known[stream].has(key) && !isThere) faults.push(`kept: ${stream} ${key}`)
    }
    return faults
  })
}

/**
 * One sentence for each row that a run, complete or not, loaded although the first sync had left it
 * out for its age.
 */
export function oldRowsAfter(run: RunSpan, had: Record<StreamName, ReadonlySet<string>>): string[] {
  return STREAMS.flatMap((stream) =>
    untouched(run, stream).flatMap((key) => {
      const source = sourced(run.after, stream, key)
      const isNew = run.warehouse.table(stream).has(key) && !had[stream].has(key)
      if (!isNew || !source || mayBeLoaded(source, run.starts[stream])) return []
      return [`too old: ${stream} ${key}`]
    }),
  )
}

function bookmarksIn(state: JsonObject): Record<string, JsonObject> {
  return (state['bookmarks'] ?? {}) as Record<string, JsonObject>
}

function valueMs(bookmark: JsonObject | undefined): number | undefined {
  const value = bookmark?.['replication_key_value']
  return typeof value === 'string' ? Date.parse(value) : undefined
}

/**
 * One sentence for each STATE whose bookmark went back, passed the start of the sync, or forgot
 * something.
 */
export function faultsInStates(
  first: JsonObject,
  states: readonly JsonObject[],
  latestStartMs: number,
): string[] {
  const faults: string[] = []
  const latest = Math.floor(latestStartMs / 1000) * 1000
  let last = first
  for (const state of states) {
    for (const name of Object.keys(last)) {
      if (!Object.hasOwn(state, name)) faults.push(`state: ${name} was forgotten`)
    }
    const bookmarks = bookmarksIn(state)
    for (const [stream, old] of Object.entries(bookmarksIn(last))) {
      const was = valueMs(old)
      const is = valueMs(bookmarks[stream])
      if (!bookmarks[stream]) faults.push(`state: the bookmark of ${stream} was forgotten`)
      if (was !== undefined && (is === undefined || is < was))
        faults.push(`state: the bookmark of ${stream} went back`)
    }
    for (const [stream, bookmark] of Object.entries(bookmarks)) {
      if ((valueMs(bookmark) ?? 0) > latest)
        faults.push(`state: the bookmark of ${stream} passed the start of the sync`)
    }
    last = state
  }
  return faults
}
