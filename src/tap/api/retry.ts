/** Pure: what to do after a failed attempt, and what the API's error bodies say. */

import type { AppError } from '../../errors.ts'
import { isJsonObject, parseJson, type JsonValue } from '../../singer/json.ts'

/** Answers that may be better next time; every other one is final. Sources: the API's 429, Customer.io's Node SDK, Cloudflare. */
const RETRYABLE_STATUSES = new Set([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 60_000
const MAX_RETRY_AFTER_MS = 300_000
/** A 200 that is nonsense is seldom better the fourth time. */
const MAX_NONSENSE_ATTEMPTS = 3
const MAX_DETAIL_CHARS = 300

export function isRetryableStatus(status: number): boolean {
  return RETRYABLE_STATUSES.has(status)
}

export interface FailedAttempt {
  error: AppError
  /** 1 for the first attempt. */
  attempt: number
  /** How many of the attempts, this one included, got a BAD_RESPONSE. */
  nonsense: number
  /** Since the request's first attempt began. */
  elapsedMs: number
  /** What the answer's Retry-After asked for. */
  retryAfterMs?: number | undefined
}

export type RetryDecision = { retry: false } | { retry: true; waitMs: number }

/**
 * Whether to try again, and after how long: Retry-After clamped to 1 to 300 s, else exponential with full jitter on the upper half.
 * Gives up where the wait would go beyond the budget.
 * @param random uniform in [0, 1)
 */
export function decideRetry(
  failed: FailedAttempt,
  budgetMs: number,
  random: () => number,
): RetryDecision {
  if (!failed.error.isRetryable) return { retry: false }
  if (failed.error.code === 'BAD_RESPONSE' && failed.nonsense >= MAX_NONSENSE_ATTEMPTS)
    return { retry: false }
  const exponentialMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failed.attempt - 1))
  const backoffMs = exponentialMs * (0.5 + random() / 2)
  const waitMs =
    failed.retryAfterMs === undefined
      ? backoffMs
      : Math.min(MAX_RETRY_AFTER_MS, Math.max(1000, failed.retryAfterMs)) + random() * 250
  return failed.elapsedMs + waitMs > budgetMs ? { retry: false } : { retry: true, waitMs }
}

/** Milliseconds that a Retry-After header asks for: seconds or an HTTP date; undefined for anything else. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^-?\d+(\.\d+)?$/.test(text)) return Math.max(0, Number(text) * 1000)
  const at = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

function textsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (!isJsonObject(value)) return []
  return textsIn(value['detail'] ?? value['error'] ?? value['message'] ?? value['errors'])
}

/**
 * The reason in an error body, whichever of the API's envelopes it has, else the start of its text; '' for an empty one.
 * @param masked takes secrets out before the text is cut
 */
export function errorDetail(body: string, masked: (text: string) => string): string {
  let texts: string[]
  try {
    const parsed = parseJson(body)
    const envelope = isJsonObject(parsed) ? (parsed['errors'] ?? parsed['meta'] ?? parsed) : parsed
    texts = textsIn(envelope)
  } catch {
    texts = [body.replace(/<[^<>]*>/g, ' ')]
  }
  const text = masked(texts.join('; ')).replace(/\s+/g, ' ').trim()
  return text.length > MAX_DETAIL_CHARS ? `${text.slice(0, MAX_DETAIL_CHARS)}...` : text
}
