/** Pages of runs of several connections, newest first. Reads no more of a history than needed. */

import { History, type HistoryEntry } from '../../runner/history/history.ts'
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
  rest: AsyncGenerator<HistoryEntry>
}

/** The place of a run in the order of all runs. */
interface Place {
  startedAt: string
  runId: string
}

function placeOf({ run }: HistoryEntry): Place {
  return { startedAt: run.started_at, runId: run.run_id }
}

/** Whether `a` comes behind `b`: it is older. Ids give runs of one instant an order. */
function isBehind(a: Place, b: Place): boolean {
  const [timeA, timeB] = [Date.parse(a.startedAt), Date.parse(b.startedAt)]
  return timeA === timeB ? a.runId < b.runId : timeA < timeB
}

/** An opaque text for a place. */
function cursorOf({ startedAt, runId }: Place): string {
  return Buffer.from(JSON.stringify([startedAt, runId])).toString('base64url')
}

/** Undefined for a text that is no cursor. */
export function parseCursor(text: string): Place | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    const [startedAt, runId] = Array.isArray(parsed) ? (parsed as unknown[]) : []
    const isPlace = typeof startedAt === 'string' && typeof runId === 'string'
    return isPlace && !Number.isNaN(Date.parse(startedAt)) ? { startedAt, runId } : undefined
  } catch {
    return undefined
  }
}

async function headOf(name: string, rest: AsyncGenerator<HistoryEntry>): Promise<Head | undefined> {
  const next = await rest.next()
  return next.done === true ? undefined : { name, entry: next.value, rest }
}

/** All runs, newest first. A history that cannot be read counts as empty. */
async function* merged(sources: readonly HistorySource[]): AsyncGenerator<Omit<Head, 'rest'>> {
  const opened = await Promise.all(
    sources.map(async ({ name, dataFolder }) =>
      headOf(name, new History(dataFolder).entries()).catch(() => undefined),
    ),
  )
  let heads = opened.filter((head) => head !== undefined)
  try {
    for (;;) {
      const [first, ...others] = heads
      if (!first) return
      const newest = others.reduce(
        (best, head) => (isBehind(placeOf(best.entry), placeOf(head.entry)) ? head : best),
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

export type RunFilter = Pick<Api<'RunQuery'>, 'outcome' | 'trigger' | 'limit'>

/** One page. @param after the last run of the page before */
export async function runPage(
  sources: readonly HistorySource[],
  filter: RunFilter,
  after: Place | undefined,
): Promise<Api<'RunList'>> {
  const { outcome, trigger, limit } = filter
  const runs: { name: string; entry: HistoryEntry }[] = []
  for await (const { name, entry } of merged(sources)) {
    if (after && !isBehind(placeOf(entry), after)) continue
    if (outcome !== undefined && outcomeOf(entry) !== outcome) continue
    if (trigger !== undefined && entry.run.trigger !== trigger) continue
    runs.push({ name, entry })
    if (runs.length > limit) break
  }
  const shown = runs.slice(0, limit)
  const last = runs.length > limit ? shown.at(-1) : undefined
  return {
    runs: shown.map(({ name, entry }) => runSummary(name, entry)),
    next: last ? cursorOf(placeOf(last.entry)) : null,
  }
}

/** The run with this id; undefined when the history has none. */
export async function findRun(
  dataFolder: string,
  runId: string,
): Promise<HistoryEntry | undefined> {
  for await (const entry of new History(dataFolder).entries())
    if (entry.run.run_id === runId) return entry
  return undefined
}
