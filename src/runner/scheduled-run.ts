/** A run that a schedule begins: with the file as it is by then, and told to the webhook also where it could not begin. */

import { AppError } from '../errors.ts'
import type { ConnectionFile } from './connection-file.ts'
import { History } from './history.ts'
import type { Notifier } from './notifier.ts'
import { notBegun } from './record.ts'
import { runOnce, type RunOptions } from './run.ts'
import type { Job } from './scheduler.ts'

/** True where another process runs the connection: a tick's fate, not a failure of the connection. */
function isUnderWay(error: unknown): boolean {
  return error instanceof AppError && error.code === 'RUN_UNDER_WAY'
}

/** For `Job.run`. A run that could not begin has its line in the history, in the folder that the last usable file named. */
export function scheduledRun(
  file: ConnectionFile,
  notifier: Notifier,
  options: Pick<RunOptions, 'env' | 'onTold'>,
): Job['run'] {
  return async (trigger, signal) => {
    try {
      const connection = await file.reopen()
      const onCrashed: RunOptions['onCrashed'] = (run) => notifier.note(connection, run)
      const record = await runOnce(connection, { ...options, trigger, signal, onCrashed })
      notifier.note(connection, record)
      return record
    } catch (error) {
      if (!signal.aborted && !isUnderWay(error)) {
        const connection = file.known
        const record = notBegun(connection, { trigger, error, nowMs: Date.now() })
        await new History(connection.dataFolder).end(record).catch(() => undefined)
        notifier.note(connection, record)
      }
      throw error
    }
  }
}
