import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatEpochMs, hasFormat, parseDate, parseDateTime, parseEpochMs } from '../src/rfc3339.ts'

const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z')

const TIMES: [text: string, utc: string][] = [
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31 12:00:00+00:00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00+05:30', '2026-01-31T06:30:00.000Z'],
  ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
  ['2024-02-29T23:59:59.123456789-08:00', '2024-03-01T07:59:59.123Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ['1900-03-01T00:00:00Z', '1900-03-01T00:00:00.000Z'],
  ['2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
]

for (const [text, utc] of TIMES) {
  test(`parses ${text}`, () => assert.equal(parseEpochMs(text), Date.parse(utc)))
}

const NO_TIMES = [
  '',
  '2026',
  '2026-1-31',
  '2026-02-29',
  '1900-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '0000-01-01',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:60:00Z',
  '2026-01-31T12:00:61Z',
  '2026-01-31T12:00Z',
  '2026-01-31T12:00:00.Z',
  '2026-01-31T12:00:00+0100',
  '2026-01-31T12:00:00+24:00',
  '2026-01-31T12:00:00Zulu',
  '9999-12-31T23:59:59-05:00',
  '9999-12-31T23:59:60Z',
  '0001-01-01T00:00:00+01:00',
  '31 Jan 2026',
  '1700000000',
]

for (const text of NO_TIMES) {
  test(`rejects ${JSON.stringify(text)}`, () => {
    assert.equal(parseEpochMs(text), undefined)
  })
}

test('requires an offset unless it is optional, and keeps nanoseconds', () => {
  assert.equal(parseDateTime('2026-01-31T12:00:00'), undefined)
  assert.deepEqual(parseDateTime('1970-01-01T00:00:01.0000000019Z'), { seconds: 1, nanos: 1 })
  assert.deepEqual(parseDateTime('1969-12-31T23:59:59.5Z'), { seconds: -1, nanos: 500_000_000 })
  assert.equal(parseDate('1970-01-02'), 1)
  assert.equal(parseDate('1970-01-02T00:00:00Z'), undefined)
})

test('formats whole seconds without a fraction, and rejects five-digit years and year 0', () => {
  assert.equal(formatEpochMs(1_700_000_000_000), '2023-11-14T22:13:20Z')
  assert.equal(formatEpochMs(1_700_000_000_120), '2023-11-14T22:13:20.120Z')
  assert.throws(() => formatEpochMs(LATEST_MS + 1), RangeError)
  assert.throws(() => formatEpochMs(EARLIEST_MS - 1), RangeError)
})

test('parses every instant that it formats, and agrees with Date', () => {
  fc.assert(
    fc.property(fc.integer({ min: EARLIEST_MS, max: LATEST_MS }), (epochMs) => {
      assert.equal(parseEpochMs(formatEpochMs(epochMs)), epochMs)
      assert.equal(parseEpochMs(new Date(epochMs).toISOString()), epochMs)
    }),
  )
})

test('never throws, whatever the string', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const epochMs = parseEpochMs(text)
      assert.ok(epochMs === undefined || Number.isSafeInteger(epochMs))
    }),
  )
})

test('a date may have a time only with an offset, a date-time also without', () => {
  for (const text of ['2026-01-02', '2026-01-02T03:04:05Z']) assert.ok(hasFormat(text, 'date'))
  for (const text of ['2026-01-02T03:04:05', '2026-02-30', 'x']) assert.ok(!hasFormat(text, 'date'))
  assert.ok(hasFormat('2026-01-02T03:04:05', 'date-time'))
  assert.ok(!hasFormat('2026-01-02', 'date-time'))
})
