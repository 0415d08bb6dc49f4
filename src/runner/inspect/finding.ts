/** One line of what `customerio-sync check` found. */

import { AppError } from '../../errors.ts'

export interface Finding {
  /**
   * What was checked: `file`, `key`, a stream, `clock`, `warehouse`, `tables`, `history` or
   * `schedule`.
   */
  check: string
  status: 'ok' | 'warning' | 'failed'
  /** What was found and, when something is wrong, the next step. */
  message: string
  /** Error code, as in the log lines; null unless the check failed. */
  code: string | null
  /** Of the command, for a failure that has its own. */
  exitStatus?: number
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message, code: null }
}

export function warning(check: string, message: string): Finding {
  return { check, status: 'warning', message, code: null }
}

/** Throws the error when it is a bug. */
export function failure(check: string, error: unknown): Finding {
  if (!(error instanceof AppError)) throw error
  const { code, exitStatus } = error
  return { check, status: 'failed', message: error.fullText, code, exitStatus }
}
