/**
 * A scheduled run: reads the connection file again, and notifies the webhook even when it cannot
 * start.
 */

import type { ConnectionFile } from '../connection/connection-file.ts'
import { recordFailure } from '../run/failed-run.ts'
import type { Notifier } from '../notify/notifier.ts'
import { runOnce as runConnectionOnce } from '../run/run.ts'
import type { RunOptions } from '../run/run-options.ts'
import type { Job } from './job-loop.ts'

export interface ScheduledRunOptions extends Pick<RunOptions, 'env' | 'onLogEvent'> {
  /** Runs the connection. @default runOnce */
  runOnce?: typeof runConnectionOnce
}

/**
 * For `Job.run`. A run that cannot start is recorded too, in the data folder of the last valid
 * file.
 */
export function scheduledRun(
  file: ConnectionFile,
  notifier: Notifier,
  options: ScheduledRunOptions,
): Job['run'] {
  const { runOnce = runConnectionOnce, ...rest } = options
  return async (trigger, signal) => {
    const startedMs = Date.now()
    try {
      const connection = await file.reopen()
      const onCrashed: RunOptions['onCrashed'] = (run) => notifier.note(connection, run)
      const record = await runOnce(connection, { ...rest, trigger, signal, onCrashed })
      notifier.note(connection, record)
      return record
    } catch (error) {
      const failure = { trigger, error, startedMs }
      const record = signal.aborted ? undefined : await recordFailure(file.known, failure)
      if (record) notifier.note(file.known, record)
      throw error
    }
  }
}
