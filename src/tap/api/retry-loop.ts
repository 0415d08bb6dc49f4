/** Repeats the attempts of one request until one succeeds or `decideRetry` gives up. */

import type { AppError } from '../../errors.ts'
import { FailedAttemptError } from './attempt.ts'
import { decideRetry } from './retry.ts'

export interface Retry {
  /** Of the attempt that failed. */
  error: AppError
  /** Number of the attempt that failed, 1 for the first. */
  attempt: number
  waitMs: number
}

export interface RetryLoopOptions {
  budgetMs: number
  /** Aborted when the run is stopped. */
  signal: AbortSignal
  /** Waits before the next attempt. */
  backOff: (retry: Retry) => Promise<void>
}

/** One attempt: its number, and a function to call when it gets its slot. */
export type RunAttempt<T> = (attempt: number, onSlot: () => void) => Promise<T>

/**
 * The budget starts when the first attempt gets its slot: time spent throttled is not part of it.
 * Throws the AppError of the last attempt, and the signal's reason when the run is stopped.
 */
export async function withRetries<T>(
  run: RunAttempt<T>,
  { budgetMs, signal, backOff }: RetryLoopOptions,
): Promise<T> {
  let startedAt: number | undefined
  let invalidResponses = 0
  const onSlot = () => {
    startedAt ??= performance.now()
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt, onSlot)
    } catch (failure) {
      signal.throwIfAborted()
      if (!(failure instanceof FailedAttemptError)) throw failure
      const { error, retryAfterMs } = failure
      if (error.code === 'BAD_RESPONSE') invalidResponses++
      const now = performance.now()
      const elapsedMs = now - (startedAt ?? now)
      const decision = decideRetry(
        { error, attempt, invalidResponses, elapsedMs, retryAfterMs },
        budgetMs,
        Math.random,
      )
      if (!decision.retry) throw error
      await backOff({ error, attempt, waitMs: decision.waitMs })
    }
  }
}
