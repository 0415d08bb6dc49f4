/** The time that programs have for a request. */

import { ApiError } from '../api/problems.ts'

export interface CallLimit {
  /** Aborted when nobody waits for the call any more. */
  ended: AbortSignal
  ms: number
  /** What takes the time: the beginning of a sentence. */
  what: string
}

/**
 * Calls `work` with a signal that is aborted after the limit. Throws TIMED_OUT then, and CALL_ENDED
 * when `ended` is aborted.
 */
export async function withinLimit<T>(
  { ended, ms, what }: CallLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(ms)
  try {
    return await work(AbortSignal.any([ended, limit]))
  } catch (error) {
    if (ended.aborted) throw new ApiError('CALL_ENDED', 'The request was ended.')
    if (!limit.aborted) throw error
    const seconds = Math.round(ms / 1000)
    throw new ApiError('TIMED_OUT', `${what} took longer than ${seconds} seconds.`, {
      hint: 'Check that the server responds, then try again.',
    })
  }
}
