import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canHaveChanged } from '../../../src/tap/windows/emission.ts'

const DAY = 86_400
const AGES = [10, 100, 1000, 10_000].map((days) => days * DAY)
const CREATED = 50_000

/** Whether a row is written that was read at the first `read` rungs; times in days. */
function isWritten(read: number, changedAfter: number | undefined, age: number): boolean {
  const marks = AGES.map((_, rung) => (rung < read ? CREATED : CREATED - 1))
  const changedSeconds = changedAfter === undefined ? undefined : CREATED + changedAfter * DAY
  return canHaveChanged(
    { ages: AGES, marks },
    { createdSeconds: CREATED, changedSeconds },
    CREATED + age * DAY,
  )
}

test('the first read and the one after it always write a row', () => {
  assert.equal(isWritten(0, 0, 10), true)
  assert.equal(isWritten(1, 0, 100), true)
})

test('a later read writes a row that changed since the rung before the last read', () => {
  assert.equal(isWritten(2, 9, 1000), false)
  assert.equal(isWritten(2, 10, 1000), true)
})

test('a rung that was jumped over does not count as read', () => {
  assert.equal(isWritten(1, 0, 5000), true)
})

test('the last read always writes a row', () => {
  assert.equal(isWritten(3, 0, 9999), false)
  assert.equal(isWritten(3, 0, 10_000), true)
})

test('a row is always written until it was read when it was a day old', () => {
  const ages = [300, 3600, DAY / 4, DAY, 3 * DAY]
  const isWrittenAfter = (read: number) =>
    canHaveChanged(
      { ages, marks: ages.map((_, rung) => (rung < read ? CREATED : CREATED - 1)) },
      { createdSeconds: CREATED, changedSeconds: CREATED },
      CREATED + 2 * DAY,
    )
  assert.deepEqual([1, 2, 3, 4].map(isWrittenAfter), [true, true, true, false])
})

test('a row without usable times is always written', () => {
  assert.equal(isWritten(3, undefined, 5000), true)
  const times = { createdSeconds: undefined, changedSeconds: 1 }
  assert.equal(canHaveChanged({ ages: AGES, marks: AGES }, times, 0), true)
})
