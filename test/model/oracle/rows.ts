/** What must hold for the loaded rows after a run, derived from the workspace before and after. */

import { isDeepStrictEqual } from 'node:util'
import type { World } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../../e2e/support/connection.ts'
import { keyOf, objectsOf, rowOf } from '../../e2e/support/truth.ts'
import type { ModelWarehouse } from '../warehouse.ts'
import { isBackdated, mayBeLoaded, mustBeLoaded, type SourceRow } from './starts.ts'

export type PerStream<T> = Record<StreamName, T>

/** Objects of the workspace, by stream and key. */
export type Objects = PerStream<Map<string, JsonObject>>

export type Keys = PerStream<ReadonlySet<string>>

/** Whether a stream was read as FULL_TABLE. Streams that were not read are missing. */
export type ReadStreams = ReadonlyMap<StreamName, { isFull: boolean }>

export function perStream<T>(of: (stream: StreamName) => T): PerStream<T> {
  return {
    newsletters: of('newsletters'),
    campaigns: of('campaigns'),
    campaign_actions: of('campaign_actions'),
  }
}

/** The current objects. An edit replaces an object, so an identical one was not edited. */
export function snapshot(world: World): Objects {
  return perStream((stream) => new Map(objectsOf(world, stream).map((raw) => [keyOf(raw), raw])))
}

export interface RunSpan {
  before: Objects
  after: Objects
  warehouse: ModelWarehouse
  /**
   * Where the first sync of each stream began, in epoch milliseconds. Undefined: it includes all
   * rows, as after a full read.
   */
  starts: PerStream<number | undefined>
}

export interface CompleteRun extends RunSpan {
  /** From when on rows must be loaded. Not all of them must be until a full read was complete. */
  required: PerStream<number | undefined>
  /** The most that the clock of the servers was ever set back. */
  lagMs: number
  read: ReadStreams
  /** Keys that existed at any time before the run. */
  known: Keys
  /** A newsletter was deleted during the run. Its neighbour on the page may be missed once. */
  hasDeletedNewsletter: boolean
  /** The actions of an existing campaign got a 404. The next run reads them. */
  hasFalseNotFound: boolean
  /** A run did not start from the last state. Rows that are too old for the start may be stale. */
  hasLostState: boolean
}

function isMissed({ hasFalseNotFound }: CompleteRun, stream: StreamName): boolean {
  return stream === 'campaign_actions' && hasFalseNotFound
}

function mayMissRows(run: CompleteRun, stream: StreamName): boolean {
  return (stream === 'newsletters' && run.hasDeletedNewsletter) || isMissed(run, stream)
}

function sourceRow(objects: Objects, stream: StreamName, key: string): SourceRow | undefined {
  const raw = objects[stream].get(key)
  const parentKey = `0/${key.split('/')[0]}`
  const parent = stream === 'campaign_actions' ? objects.campaigns.get(parentKey) : undefined
  return raw && { raw, parent }
}

/** Keys of the objects that were not edited during the run. */
function uneditedKeys({ before, after }: RunSpan, stream: StreamName): string[] {
  return [...after[stream]].flatMap(([key, raw]) => (before[stream].get(key) === raw ? [key] : []))
}

/** One sentence for each row that a complete run lost, left stale or failed to delete. */
export function rowViolations(run: CompleteRun): string[] {
  return STREAMS.filter((stream) => run.read.has(stream)).flatMap((stream) => {
    const table = run.warehouse.table(stream)
    const startMs = run.starts[stream]
    const violations: string[] = []
    for (const key of uneditedKeys(run, stream)) {
      const row = table.get(key)
      const source = sourceRow(run.after, stream, key)
      if (!source) continue
      if (!row) {
        if (mustBeLoaded(source, run.required[stream]) && !mayMissRows(run, stream))
          violations.push(`lost: ${stream} ${key}`)
      } else if (
        !isDeepStrictEqual(row.record, rowOf(stream, source.raw)) &&
        !isMissed(run, stream) &&
        !(startMs !== undefined && isBackdated(source, startMs, run.lagMs)) &&
        !(run.hasLostState && !mayBeLoaded(source, startMs))
      )
        violations.push(`stale: ${stream} ${key}`)
    }
    if (!run.read.get(stream)?.isFull) return violations
    for (const key of table.keys()) {
      const exists = run.before[stream].has(key) || run.after[stream].has(key)
      if (run.known[stream].has(key) && !exists) violations.push(`kept: ${stream} ${key}`)
    }
    return violations
  })
}

/** One sentence for each row that any run loaded although it is too old for the first sync. */
export function tooOldRows(run: RunSpan, loadedBefore: Keys): string[] {
  return STREAMS.flatMap((stream) =>
    uneditedKeys(run, stream).flatMap((key) => {
      const source = sourceRow(run.after, stream, key)
      const isNew = run.warehouse.table(stream).has(key) && !loadedBefore[stream].has(key)
      if (!isNew || !source || mayBeLoaded(source, run.starts[stream])) return []
      return [`too old: ${stream} ${key}`]
    }),
  )
}

/** One sentence for each loaded row that never existed in the workspace. */
export function inventedRows(warehouse: ModelWarehouse, known: Keys): string[] {
  return STREAMS.flatMap((stream) =>
    [...warehouse.table(stream).keys()].flatMap((key) =>
      known[stream].has(key) ? [] : [`invented: ${stream} ${key}`],
    ),
  )
}
