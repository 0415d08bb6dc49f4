/** What must hold after a run, worked out from the workspace and what the reader holds. */

import { isDeepStrictEqual } from 'node:util'
import type { World } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/connection.ts'
import { keyOf, objectsOf, rowOf } from '../e2e/truth.ts'
import type { ModelWarehouse } from './warehouse.ts'

export type Objects = Record<StreamName, Map<string, JsonObject>>

/** The objects as they are. Edits replace them, so the same object later is one that nobody touched. */
export function snapshot(world: World): Objects {
  const of = (stream: StreamName) =>
    new Map(objectsOf(world, stream).map((raw) => [keyOf(raw), raw]))
  return {
    newsletters: of('newsletters'),
    campaigns: of('campaigns'),
    campaign_actions: of('campaign_actions'),
  }
}

export interface CompleteRun {
  before: Objects
  after: Objects
  warehouse: ModelWarehouse
  /** Streams that were read, and whether as FULL_TABLE. */
  read: ReadonlyMap<StreamName, { isFull: boolean }>
  /** The run went on behind this campaign of an interrupted one: the earlier ones are as they were then. */
  resumedBehind: number | undefined
  /** Keys that were there at any time before the run began. */
  known: Record<StreamName, ReadonlySet<string>>
  /** Newsletters were deleted while it ran. A row that is gone while pages are read may hide its neighbour from this one sync. */
  hasDeleted: boolean
  /** A campaign's actions were answered with 404 though it was there: the next run reads them. */
  isMisled: boolean
}

function isOfEarlierRun(run: CompleteRun, stream: StreamName, key: string): boolean {
  const campaignId = Number(key.split('/')[0])
  return (
    stream === 'campaign_actions' &&
    run.resumedBehind !== undefined &&
    campaignId <= run.resumedBehind
  )
}

function isMissed({ isMisled }: CompleteRun, stream: StreamName): boolean {
  return stream === 'campaign_actions' && isMisled
}

function mayHide(run: CompleteRun, stream: StreamName): boolean {
  return (stream === 'newsletters' && run.hasDeleted) || isMissed(run, stream)
}

/** One sentence for each row that a complete run left out or left old, and each that it should have retired. */
export function faultsAfter(run: CompleteRun): string[] {
  return STREAMS.filter((stream) => run.read.has(stream)).flatMap((stream) => {
    const table = run.warehouse.table(stream)
    const faults: string[] = []
    for (const [key, raw] of run.after[stream]) {
      if (run.before[stream].get(key) !== raw || isOfEarlierRun(run, stream, key)) continue
      const row = table.get(key)
      if (!row) {
        if (!mayHide(run, stream)) faults.push(`lost: ${stream} ${key}`)
      } else if (!isDeepStrictEqual(row.record, rowOf(stream, raw)) && !isMissed(run, stream))
        faults.push(`stale: ${stream} ${key}`)
    }
    if (!run.read.get(stream)?.isFull) return faults
    for (const key of table.keys()) {
      const isThere = run.before[stream].has(key) || run.after[stream].has(key)
      const wasThere = run.known[stream].has(key)
      if (wasThere && !isThere && !isOfEarlierRun(run, stream, key))
        faults.push(`kept: ${stream} ${key}`)
    }
    return faults
  })
}

function bookmarksIn(state: JsonObject): Record<string, JsonObject> {
  return (state['bookmarks'] ?? {}) as Record<string, JsonObject>
}

function valueMs(bookmark: JsonObject | undefined): number | undefined {
  const value = bookmark?.['replication_key_value']
  return typeof value === 'string' ? Date.parse(value) : undefined
}

/** One sentence for each STATE whose bookmark went back, passed the start of the sync, or forgot something. */
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
