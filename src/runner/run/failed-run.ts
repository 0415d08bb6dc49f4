/** Records a run that ended with an error instead of a record. */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { maskedError } from '../connection/connection-secrets.ts'
import { History } from '../history/history.ts'
import { notStartedRecord, type RunRecord, type Trigger } from '../history/record.ts'

/**
 * The record of a run that threw. Returns the run's own record when it wrote one; otherwise writes
 * a record of a run that could not start, as far as the history is writable. Returns undefined when
 * another process runs the connection, which is not a failure. Never throws.
 */
export async function recordFailure(
  connection: Connection,
  run: { trigger: Trigger; error: unknown; startedMs: number },
): Promise<RunRecord | undefined> {
  const { error, startedMs } = run
  if (error instanceof AppError && error.code === 'RUN_IN_PROGRESS') return undefined
  const nowMs = Date.now()
  const history = new History(connection.dataFolder)
  const [newest] = await history.newest(1, nowMs).catch(() => [])
  if (newest && !newest.isOpen && Date.parse(newest.run.started_at) >= startedMs) return newest.run
  const unmasked = notStartedRecord(connection, { ...run, nowMs })
  const record = { ...unmasked, error: maskedError(connection, unmasked.error) }
  await history.end(record).catch(() => undefined)
  return record
}
