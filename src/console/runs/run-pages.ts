/** Pages of runs of several connections, newest first. Reads no more of a history than needed. */

import { History, type HistoryEntry } from '../../runner/history/history.ts'
import type { RunFilter } from '../../runner/history/line-filter.ts'
import type { Api } from '../api/schemas.generated.ts'
import { outcomeOf, runSummary } from '../views/run-view.ts'

/** The history of a connection. */
export interface HistorySource {
  /** Name of the connection in the workspace. */
  name: string
  dataFolder: string
}

interface Head {
  name: string
  entry: HistoryEntry
  place: Place
  rest: AsyncGenerator<HistoryEntry>
}

/** The place of a run in the order of all runs. */
interface Place {
  startedAt: string
  startedMs: number
  runId: string
}

function placeOf({ run }: HistoryEntry): Place {
  const { started_at: startedAt, run_id: runId } = run
  return { startedAt, startedMs: Date.parse(startedAt), runId }
}

/** Whether `a` comes behind `b`: it is older. Ids give runs of one instant an order. */
function isBehind(a: Place, b: Place): boolean {
  return a.startedMs === b.startedMs ? a.runId < b.runId : a.startedMs < b.startedMs
}

/** An opaque text for a place. */
function cursorOf({ startedAt, runId }: Pick<Place, 'startedAt' | 'runId'>): string {
  return Buffer.from(JSON.stringify([startedAt, runId])).toString('base64url')
}

/** Undefined for a text that is no cursor. */
export function parseCursor(text: string): Place | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    const [startedAt, runId] = Array.isArray(parsed) ? (parsed as unknown[]) : []
    if (typeof startedAt !== 'string' || typeof runId !== 'string') return undefined
    const startedMs = Date.parse(startedAt)
    return Number.isNaN(startedMs) ? undefined : { startedAt, startedMs, runId }
  } catch {
    return undefined
  }
}

async function headOf(name: string, rest: AsyncGenerator<HistoryEntry>): Promise<Head | undefined> {
  const next = await rest.next()
  if (next.done === true) return undefined
  return { name, entry: next.value, place: placeOf(next.value), rest }
}

/** All runs, newest first. A history that cannot be read counts as empty. */
async function* merged(
  sources: readonly HistorySource[],
  filter: RunFilter,
): AsyncGenerator<Omit<Head, 'rest'>> {
  const opened = await Promise.all(
    sources.map(async ({ name, dataFolder }) =>
      headOf(name, new History(dataFolder).entries(filter)).catch(() => undefined),
    ),
  )
  let heads = opened.filter((head) => head !== undefined)
  try {
    for (;;) {
      const [first, ...others] = heads
      if (!first) return
      const newest = others.reduce(
        (best, head) => (isBehind(best.place, head.place) ? head : best),
        first,
      )
      yield newest
      const next = await headOf(newest.name, newest.rest).catch(() => undefined)
      heads = heads.flatMap((head) => (head === newest ? (next ?? []) : head))
    }
  } finally {
    await Promise.all(heads.map(async ({ rest }) => rest.return(undefined)))
  }
}

export interface PageRequest extends Pick<Api<'RunQuery'>, 'outcome' | 'trigger' | 'limit'> {
  /** The last run of the page before. */
  after: Place | undefined
  /** Ends the search, as when the client has gone. */
  signal: AbortSignal
}

function isOnPage({ entry, place }: Omit<Head, 'rest'>, request: PageRequest): boolean {
  const { after, outcome, trigger } = request
  if (after && !isBehind(place, after)) return false
  if (outcome !== undefined && outcomeOf(entry) !== outcome) return false
  return trigger === undefined || entry.run.trigger === trigger
}

/** One page. Throws the signal's reason. */
export async function runPage(
  sources: readonly HistorySource[],
  request: PageRequest,
): Promise<Api<'RunList'>> {
  const { outcome, trigger, limit, after, signal } = request
  const found: Omit<Head, 'rest'>[] = []
  const filter = { outcome, trigger, untilMs: after?.startedMs }
  for await (const head of merged(sources, filter)) {
    signal.throwIfAborted()
    if (!isOnPage(head, request)) continue
    found.push(head)
    if (found.length > limit) break
  }
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  return {
    runs: shown.map(({ name, entry }) => runSummary(name, entry)),
    next: last ? cursorOf(last.place) : null,
  }
}

/** The run with this id; undefined when the history has none. */
export async function findRun(
  dataFolder: string,
  runId: string,
): Promise<HistoryEntry | undefined> {
  for await (const entry of new History(dataFolder).entries({ runId }))
    if (entry.run.run_id === runId) return entry
  return undefined
}
