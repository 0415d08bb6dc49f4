import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import {
  decideRetry,
  errorDetail,
  isRetryableStatus,
  parseRetryAfter,
  retryText,
} from '../../../src/tap/api/retry.ts'

const BUSY = new AppError('API_UNAVAILABLE', 'busy')
const LIMITED = new AppError('RATE_LIMITED', 'limited')
const NONSENSE = new AppError('BAD_RESPONSE', 'nonsense')

function wait(
  error: AppError,
  attempt: number,
  given: { retryAfterMs?: number; elapsedMs?: number; invalidResponses?: number } = {},
): number | undefined {
  const decision = decideRetry(
    { error, attempt, invalidResponses: 0, elapsedMs: 0, ...given },
    600_000,
    () => 0,
  )
  return decision.retry ? decision.waitMs : undefined
}

test('doubles the backoff from half a second to a minute', () => {
  assert.deepEqual(
    [1, 2, 3, 7, 8, 20].map((attempt) => wait(BUSY, attempt)),
    [250, 500, 1000, 16_000, 30_000, 30_000],
  )
})

test('obeys Retry-After between one second and five minutes', () => {
  assert.deepEqual(
    [0, 1000, 4000, 86_400_000].map((ms) => wait(LIMITED, 1, { retryAfterMs: ms })),
    [1000, 1000, 4000, 300_000],
  )
})

test('retries within the budget only, and invalid responses at most twice', () => {
  assert.equal(wait(BUSY, 2, { elapsedMs: 599_900 }), undefined)
  assert.deepEqual(
    [1, 2, 3].map((attempt) => wait(NONSENSE, attempt, { invalidResponses: attempt })),
    [250, 500, undefined],
  )
  assert.equal(wait(NONSENSE, 3, { invalidResponses: 1 }), 1000)
  assert.equal(wait(new AppError('UNAUTHORIZED', 'no'), 1), undefined)
})

test('retries exactly the transient statuses', () => {
  const passing = Array.from({ length: 200 }, (_, at) => 400 + at).filter(isRetryableStatus)
  assert.deepEqual(passing, [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
})

test('reads Retry-After as seconds or a date, and ignores any other value', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  const headers = [
    '3',
    ' 0 ',
    '-5',
    'Mon, 23 Nov 2026 12:00:10 GMT',
    'Mon, 23 Nov 2026 11:00:00 GMT',
    'abc',
    '',
    undefined,
  ]
  assert.deepEqual(
    headers.map((header) => parseRetryAfter(header, now)),
    [3000, 0, 0, 10_000, 0, undefined, undefined, undefined],
  )
})

const asIs = (text: string) => text
const masked = (text: string) => text.replaceAll('secret', '***')

test('finds the reason in every envelope, and takes the text of an HTML page', () => {
  const bodies = [
    '{"errors":[{"detail":"unauthorized","status":"401"},{"detail":"again"}]}',
    '{"meta":{"error":"bad"}}',
    '{"meta":{"errors":["one","two"]}}',
    '["odd"]',
    '<html><h1>Down</h1> for now</html>',
    '',
  ]
  const details = bodies.map((body) => errorDetail(body, asIs))
  assert.deepEqual(details, ['unauthorized; again', 'bad', 'one; two', 'odd', 'Down for now', ''])
  assert.equal(errorDetail('x'.repeat(1000), asIs).length, 303)
})

test('masks a secret before the reason is cut', () => {
  for (let before = 290; before < 305; before++) {
    const body = JSON.stringify({ errors: [{ detail: `${'x'.repeat(before)}secret` }] })
    assert.doesNotMatch(errorDetail(body, masked), /s/)
  }
})

test('only the first failure of the network says how to fix it', () => {
  const down = new AppError('CONNECTION_FAILED', 'No response.', { hint: 'Check the network.' })
  assert.equal(
    retryText(down, true, 600),
    'No response. Retrying. Check the network. A request gives up after 600 s.',
  )
  assert.equal(retryText(down, false, 600), 'No response. Retrying.')
  assert.equal(retryText(BUSY, true, 600), 'busy Retrying.')
})
