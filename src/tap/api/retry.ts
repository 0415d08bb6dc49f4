/**
 * Pure: whether and when a failed attempt is retried, and the reason in an error body of the API.
 */

import type { AppError } from '../../errors.ts'
import { isJsonObject, parseJson, type JsonValue } from '../../singer/json.ts'

/**
 * Transient statuses; every other one is final. Sources: the API's 429, Customer.io's Node SDK, and
 * Cloudflare's 520 to 524.
 */
const RETRYABLE_STATUSES = new Set([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 60_000
const MAX_RETRY_AFTER_MS = 300_000
/** An invalid 200 is seldom better at the fourth attempt. */
const MAX_INVALID_RESPONSES = 3
const MAX_DETAIL_CHARS = 300

export function isRetryableStatus(status: number): boolean {
  return RETRYABLE_STATUSES.has(status)
}

export interface FailedAttempt {
  error: AppError
  /** 1 for the first attempt. */
  attempt: number
  /** Attempts of this request that ended with BAD_RESPONSE, including this one. */
  invalidResponses: number
  /** Since the request's first attempt began. */
  elapsedMs: number
  /** From the response's Retry-After header. */
  retryAfterMs?: number | undefined
}

export type RetryDecision = { retry: false } | { retry: true; waitMs: number }

/**
 * Whether to retry, and how long to wait: Retry-After clamped to 1 to 300 s, else exponential
 * backoff with jitter on its upper half. Gives up when the wait would exceed the budget.
 * @param random uniform in [0, 1)
 */
export function decideRetry(
  failed: FailedAttempt,
  budgetMs: number,
  random: () => number,
): RetryDecision {
  if (!failed.error.isRetryable) return { retry: false }
  if (failed.error.code === 'BAD_RESPONSE' && failed.invalidResponses >= MAX_INVALID_RESPONSES)
    return { retry: false }
  const exponentialMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failed.attempt - 1))
  const backoffMs = exponentialMs * (0.5 + random() / 2)
  const waitMs =
    failed.retryAfterMs === undefined
      ? backoffMs
      : Math.min(MAX_RETRY_AFTER_MS, Math.max(1000, failed.retryAfterMs)) + random() * 250
  return failed.elapsedMs + waitMs > budgetMs ? { retry: false } : { retry: true, waitMs }
}

/**
 * What a failed attempt is logged as. The first failure of the network says how to fix it: the
 * person who can may be there now, and not when the budget is spent.
 */
export function retryText(
  { code, message, hint }: AppError,
  isFirst: boolean,
  budgetSeconds: number,
): string {
  const text = `${message} Retrying.`
  if (!isFirst || code !== 'CONNECTION_FAILED') return text
  return [text, hint ?? '', `A request gives up after ${budgetSeconds} s.`].join(' ')
}

/**
 * Milliseconds in a Retry-After header, which holds seconds or an HTTP date; undefined for any
 * other value.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^-?\d+(\.\d+)?$/.test(text)) return Math.max(0, Number(text) * 1000)
  const atMs = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function stringsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsIn)
  if (!isJsonObject(value)) return []
  return stringsIn(value['detail'] ?? value['error'] ?? value['message'] ?? value['errors'])
}

/**
 * The reason in an error body, in any of the API's envelopes, else the first characters of its
 * text. An empty string for an empty body.
 * @param masked masks secrets before the text is cut
 */
export function errorDetail(body: string, masked: (text: string) => string): string {
  let strings: string[]
  try {
    const parsed = parseJson(body)
    const envelope = isJsonObject(parsed) ? (parsed['errors'] ?? parsed['meta'] ?? parsed) : parsed
    strings = stringsIn(envelope)
  } catch {
    strings = [body.replace(/<[^<>]*>/g, ' ')]
  }
  const text = masked(strings.join('; ')).replace(/\s+/g, ' ').trim()
  return text.length > MAX_DETAIL_CHARS ? `${text.slice(0, MAX_DETAIL_CHARS)}...` : text
}
