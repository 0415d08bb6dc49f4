/** A failure of a server or of the connection to it, with what it means for a commit. */

import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.ts'
import type { Failure } from '../loader/warehouse.ts'

export class ServerError extends AppError {
  readonly failure: Failure

  constructor(code: ErrorCode, sentence: string, options: AppErrorOptions & { failure: Failure }) {
    super(code, sentence, options)
    this.failure = options.failure
  }
}

/** Whether the unit of a failed `commit` may be sent again. */
export function failureOf(error: unknown): Failure {
  return error instanceof ServerError ? error.failure : 'final'
}
