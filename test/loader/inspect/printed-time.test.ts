import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printedCell } from '../../../src/loader/inspect/printed-time.ts'

const TIME = { type: { kind: 'timestamp' } } as const

test('a time is RFC 3339, however the database prints it', () => {
  const printed = [
    '2024-02-03 02:05:06.789+00',
    '2024-02-03 02:05:06.789000+00:00',
    '2024-02-03T02:05:06.789000Z',
  ]
  for (const text of printed) assert.equal(printedCell(text, TIME), '2024-02-03T02:05:06.789Z')
  assert.equal(printedCell('2024-02-03 02:05:06+00', TIME), '2024-02-03T02:05:06Z')
})

test('what RFC 3339 does not have stays as the database prints it', () => {
  for (const text of ['infinity', '0044-03-15 01:02:03.5+00 BC', '10000-01-01 00:00:00+00', null]) {
    assert.equal(printedCell(text, TIME), text)
  }
  assert.equal(
    printedCell('2024-02-03 02:05:06+00', { type: { kind: 'text' } }),
    '2024-02-03 02:05:06+00',
  )
})
