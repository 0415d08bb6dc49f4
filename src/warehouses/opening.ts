/** Retries transient failures while a database is opened, for a bounded time. */

import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { retryTransient } from '../loader/commit/retry.ts'
import { failureOf } from './server-error.ts'

const DEFAULT_RETRY_MS = 30_000
const WAITS_MS = [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]

export interface OpeningOptions {
  logger: Logger
  /** Ends the attempts; its reason is thrown. */
  signal?: AbortSignal | undefined
  /** No attempt starts later than this. @default 30000 */
  openRetryMs?: number | undefined
}

/** True when another attempt may succeed. The lock of the tables has its own wait. */
function isTransient(error: unknown): boolean {
  const isBusy = error instanceof AppError && error.code === 'WAREHOUSE_BUSY'
  return failureOf(error) !== 'final' && !isBusy
}

/** Throws the last failure, or the signal's reason. */
export async function retryOpening<T>(
  open: () => Promise<T>,
  { logger, openRetryMs = DEFAULT_RETRY_MS, ...options }: OpeningOptions,
): Promise<T> {
  const signal = options.signal ?? new AbortController().signal
  const deadline = performance.now() + openRetryMs
  const attempt = async () => {
    signal.throwIfAborted()
    return open()
  }
  let failures = 0
  const mayRetry = (error: unknown) => {
    const waitMs = WAITS_MS[failures++] ?? 0
    return performance.now() + waitMs < deadline && isTransient(error)
  }
  try {
    return await retryTransient(attempt, 'The database could not be opened; retrying.', {
      warehouse: {
        classify: (error) => (mayRetry(error) ? 'transient' : 'final'),
        recover: () => Promise.resolve(),
      },
      logger,
      signal,
      waitsMs: WAITS_MS,
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
