/** Up to when a connection's ticks are served, as far as its history knows. */

import { History, isAhead } from '../history/history.ts'
import type { Connection } from '../connection/connection.ts'
import { hasStarted, isWhole } from '../history/record.ts'
import type { Schedule } from '../schedule/schedule.ts'

const MINUTE_MS = 60_000
/** So many runs in a row that were killed are enough for a tick: a supervisor that starts us again would have one killed after the other. */
const MOST_KILLED = 3
/** No tick is looked for farther back: the rarest come every four years. */
const FARTHEST_MS = 8 * 366 * 86_400_000

/** Pure: the last tick at or before an instant. */
export function lastTick(schedule: Schedule, instant: number): number | undefined {
  for (let backMs = MINUTE_MS; backMs < FARTHEST_MS; backMs *= 2) {
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
 * When the newest run began that served the ticks until then. A run by hand does where it read all streams; one of the schedule does,
 * unless it was killed (three times at most), stopped by a signal or could not begin: its tick is still due. Undefined where no tick is known to be due.
 */
export async function lastHandledTick(
  { dataFolder, resources }: Connection,
  schedule: Schedule,
  nowMs: number,
): Promise<number | undefined> {
  let owed: number | undefined
  const killed: number[] = []
  for await (const { run, isRunning } of new History(dataFolder).entries()) {
    const isScheduled = run.trigger === 'schedule' || run.trigger === 'catch_up'
    if (isAhead(run, nowMs) || !(isScheduled || isWhole(run, resources.keys()))) continue
    const startedAt = Date.parse(run.started_at)
    const isCut = run.outcome === 'crashed' || run.outcome === 'stopped' || !hasStarted(run)
    if (isRunning || !isCut) return startedAt
    if (!isScheduled) continue
    owed = startedAt
    if (run.outcome === 'crashed' && killed.push(startedAt) === MOST_KILLED) return killed[0]
  }
  const tick = owed === undefined ? undefined : lastTick(schedule, owed)
  return tick === undefined ? undefined : tick - 1
}
