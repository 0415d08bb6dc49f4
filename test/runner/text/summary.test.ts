import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration } from '../../../src/runner/text/summary.ts'

test('formats durations without a minute of 60 seconds', () => {
  const texts = [0.4, 59.7, 99.4, 99.7, 239.7, 5999.6, 7260].map(duration)
  assert.deepEqual(texts, [
    '0 s',
    '60 s',
    '99 s',
    '1 min 40 s',
    '4 min 0 s',
    '1 h 40 min',
    '2 h 1 min',
  ])
})
