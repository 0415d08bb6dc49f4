/** Notices runs and schedules of other processes, by what they leave in the data folder. */

import type { Connection } from '../../runner/connection/connection.ts'
import { History } from '../../runner/history/history.ts'
import { readSchedulerNote } from '../../runner/pause/scheduler-note.ts'

export interface RunTrace {
  /** Differs when a run has started or ended, and when a process takes or leaves the schedule. */
  text: string
  /** When the newest run ended, RFC 3339. Undefined while it runs, and before the first run. */
  endedAt: string | undefined
}

/** What the data folder says now. Never throws. */
export async function readRunTrace(connection: Connection, nowMs: number): Promise<RunTrace> {
  const [newest] = await new History(connection.dataFolder).newest(1).catch(() => [])
  const note = await readSchedulerNote(connection, nowMs)
  const { run, isRunning } = newest ?? {}
  // A run that was killed has no end.
  const endedAt = run && !isRunning ? (run.ended_at ?? new Date(nowMs).toISOString()) : undefined
  return { text: JSON.stringify([run?.run_id, run?.outcome, isRunning, note]), endedAt }
}
