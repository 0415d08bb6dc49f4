/**
 * One attempt of a request: it ends with the response, at its timeout, or when the run is stopped.
 */

import { AppError } from '../../errors.ts'
import { connectionError } from '../../http/connection-error.ts'
import type { JsonValue } from '../../singer/json.ts'
import type { ApiConnection, ApiRequest } from './connection.ts'
import type { FinishedRequest } from './http-metrics.ts'
import type { Slot } from '../rate-limit/rate-limit.ts'

/** A request whose body is turned into a result. */
export interface ReadRequest<T> extends ApiRequest {
  /** Turns the body into the result. A BAD_RESPONSE that it throws fails the attempt. */
  read: (body: JsonValue) => T
}

export interface AttemptOptions {
  slot: Slot
  /** Aborted when the run is stopped. */
  signal: AbortSignal
  timeoutMs: number
  /** Called once, when the attempt has ended. */
  onEnd: (request: FinishedRequest) => void
}

/** A failed attempt, with the wait that its response asked for. */
export class FailedAttemptError extends Error {
  readonly error: AppError
  readonly retryAfterMs: number | undefined

  constructor(error: AppError, retryAfterMs?: number) {
    super(error.message)
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}

/** Aborts after the timeout, and when the signal does. Call `release` on every path. */
function startTimeout(timeoutMs: number, signal: AbortSignal) {
  const controller = new AbortController()
  const onStop = () => controller.abort(signal.reason)
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  signal.addEventListener('abort', onStop, { once: true })
  const release = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onStop)
  }
  return { signal: controller.signal, release }
}

/** Throws FailedAttemptError, and the signal's reason when the run is stopped. */
export async function runAttempt<T>(
  connection: ApiConnection,
  request: ReadRequest<T>,
  { slot, signal, timeoutMs, onEnd }: AttemptOptions,
): Promise<T> {
  const { path } = request
  const timeout = startTimeout(timeoutMs, signal)
  const startedAt = performance.now()
  const seen: Pick<FinishedRequest, 'status' | 'isRead'> = { isRead: false }
  try {
    const exchanged = await connection.exchange(request, {
      slot,
      signal: timeout.signal,
      onStatus: (status) => (seen.status = status),
    })
    if ('error' in exchanged) throw new FailedAttemptError(exchanged.error, exchanged.retryAfterMs)
    const result = request.read(exchanged.body)
    seen.isRead = true
    return result
  } catch (error) {
    if (error instanceof AppError) throw new FailedAttemptError(error)
    if (error instanceof FailedAttemptError || signal.aborted) throw error
    const cause = timeout.signal.aborted ? new Error(`timeout of ${timeoutMs / 1000} s`) : error
    throw new FailedAttemptError(connectionError(cause, path))
  } finally {
    timeout.release()
    onEnd({ path, ...seen, seconds: (performance.now() - startedAt) / 1000 })
  }
}
