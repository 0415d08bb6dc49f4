/** What is kept of a run that ended by an error instead of a record. */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { maskedError } from '../connection/connection-secrets.ts'
import { History } from '../history/history.ts'
import { notBegun, type RunRecord, type Trigger } from '../history/record.ts'

/**
 * The record of a run that threw: its own where it came that far, else that of a run that could not begin, which is now in the history
 * too, as far as that can be written. Undefined where another process runs the connection, which is no failure. Never throws.
 */
export async function recordFailure(
  connection: Connection,
  run: { trigger: Trigger; error: unknown; beganMs: number },
): Promise<RunRecord | undefined> {
  const { error, beganMs } = run
  if (error instanceof AppError && error.code === 'RUN_UNDER_WAY') return undefined
  const nowMs = Date.now()
  const history = new History(connection.dataFolder)
  const [newest] = await history.newest(1, nowMs).catch(() => [])
  if (newest && !newest.isOpen && Date.parse(newest.run.started_at) >= beganMs) return newest.run
  const begun = notBegun(connection, { ...run, nowMs })
  const record = { ...begun, error: maskedError(connection, begun.error) }
  await history.end(record).catch(() => undefined)
  return record
}
