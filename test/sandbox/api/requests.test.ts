import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollingLimit } from '../../../src/sandbox/api/rate.ts'
import { worstWindow } from '../../../src/sandbox/api/requests.ts'

test('counts the most arrivals in any rolling second, excluding its end', () => {
  assert.equal(worstWindow([], 1000), 0)
  assert.equal(worstWindow([5], 1000), 1)
  assert.equal(worstWindow([0, 999.9, 1000, 1001, 1999.8], 1000), 4)
  assert.equal(worstWindow([0, 1000, 2000], 1000), 1)
})

test('rejects requests over the limit of the last second and does not count them', () => {
  const isWithinLimit = rollingLimit({ perSecond: 2, retryAfter: null })
  const arrivals = [0, 400, 900, 999, 1000, 1399, 1400, 2000]
  assert.deepEqual(arrivals.map(isWithinLimit), [true, true, false, false, true, false, true, true])
})
