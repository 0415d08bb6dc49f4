/** Finds in the history up to when the ticks of a connection are handled. */

import { DAY_MS, MINUTE_MS } from '../../time.ts'
import { History, isAhead } from '../history/history.ts'
import type { Connection } from '../connection/connection.ts'
import { hasStarted, isWhole } from '../history/record.ts'
import type { Schedule } from '../schedule/schedule.ts'

/**
 * After this many crashed runs in a row a tick is handled: a supervisor would restart it endlessly.
 */
const MAX_CRASHED_RUNS = 3
/** How far back to look for a tick. The rarest occur every four years, or eight around 2100. */
const MAX_LOOKBACK_MS = 8 * 366 * DAY_MS

/** The last tick at or before an instant. Pure. */
export function lastTick(schedule: Schedule, instant: number): number | undefined {
  for (let backMs = MINUTE_MS; backMs < MAX_LOOKBACK_MS; backMs *= 2) {
    let tick = schedule.nextAfter(instant - backMs)
    if (tick === undefined || tick > instant) continue
    for (let next = schedule.nextAfter(tick); next !== undefined && next <= instant;) {
      tick = next
      next = schedule.nextAfter(tick)
    }
    return tick
  }
  return undefined
}

/**
 * Start of the newest run that handled the ticks before it. A manual run handles them when it read
 * every stream. A scheduled run handles them unless it was stopped, could not start, or crashed
 * (at most three times): then its tick is still due. Undefined when no tick is known to be due.
 */
export async function lastHandledTick(
  { dataFolder, resources }: Connection,
  schedule: Schedule,
  nowMs: number,
): Promise<number | undefined> {
  let dueSince: number | undefined
  const crashedAt: number[] = []
  for await (const { run, isRunning } of new History(dataFolder).entries()) {
    const isScheduled = run.trigger === 'schedule' || run.trigger === 'catch_up'
    if (isAhead(run, nowMs) || !(isScheduled || isWhole(run, resources.keys()))) continue
    const startedAt = Date.parse(run.started_at)
    const isIncomplete = run.outcome === 'crashed' || run.outcome === 'stopped' || !hasStarted(run)
    if (isRunning || !isIncomplete) return startedAt
    if (!isScheduled) continue
    dueSince = startedAt
    if (run.outcome === 'crashed' && crashedAt.push(startedAt) === MAX_CRASHED_RUNS)
      return crashedAt[0]
  }
  const tick = dueSince === undefined ? undefined : lastTick(schedule, dueSince)
  return tick === undefined ? undefined : tick - 1
}
