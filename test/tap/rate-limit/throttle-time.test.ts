import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ThrottleTime } from '../../../src/tap/rate-limit/throttle-time.ts'

test('counts only the time in which requests wait and none is in flight', () => {
  let now = 0
  const throttleTime = new ThrottleTime(() => now)
  const first = throttleTime.wait()
  const second = throttleTime.wait()
  now = 10
  first()
  first()
  const answered = throttleTime.work()
  now = 50
  assert.equal(throttleTime.totalMs, 10)
  answered()
  now = 65
  assert.equal(throttleTime.totalMs, 25)
  second()
  now = 100
  assert.equal(throttleTime.totalMs, 25)
})
