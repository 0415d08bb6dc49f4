/** The text that COPY gets, compared with other ways to print the same values. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellsOf } from '../../../src/loader/columns/cells.ts'
import type { Cell, ColumnType } from '../../../src/loader/schema/types.ts'
import { formatDecimal } from '../../../src/loader/values/decimal.ts'
import { copyChunks } from '../../../src/warehouses/postgres/copy.ts'

const DAY_MS = 86_400_000
const BUFFER_BYTES = 65_536

function copied(columns: readonly [ColumnType, readonly Cell[]][], rowCount: number): Buffer[] {
  const data = columns.map(([type, cells], at) => ({
    name: `c${at}`,
    type,
    cells: cellsOf(type, cells, true),
  }))
  return [...copyChunks(data, rowCount)]
}

/** The lines of a table with one column. */
function linesOf(type: ColumnType, cells: readonly Cell[]): string[] {
  const text = Buffer.concat(copied([[type, cells]], cells.length)).toString()
  assert.ok(text.endsWith('\n'))
  return text.slice(0, -1).split('\n')
}

test('days of all centuries are those of the calendar', () => {
  const days = Array.from({ length: 5000 }, (_, at) => -719_162 + at * 730)
  const expected = days.map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10))
  assert.deepEqual(linesOf({ kind: 'date' }, days), expected)
})

test('days before Christ and after the year 9999 are in the form that PostgreSQL reads', () => {
  const days = [-719_163, -719_528, -719_529, 2_932_896, 2_932_897]
  const expected = ['0001-12-31 BC', '0001-01-01 BC', '0002-12-31 BC', '9999-12-31', '10000-01-01']
  assert.deepEqual(linesOf({ kind: 'date' }, days), expected)
})

test('timestamps are in UTC with their microseconds', () => {
  const millis = Array.from({ length: 3000 }, (_, at) => at * 77_777_777_777 - 6e13)
  const expected = millis.map((at) =>
    new Date(at).toISOString().replace('T', ' ').replace('.000Z', '+00').replace('Z', '000+00'),
  )
  const micros = millis.map((at) =>
    Number.isSafeInteger(at * 1000) ? at * 1000 : BigInt(at) * 1000n,
  )
  assert.deepEqual(linesOf({ kind: 'timestamp' }, micros), expected)
  assert.deepEqual(linesOf({ kind: 'timestamp' }, [1, -1, -62_135_596_800_000_001n]), [
    '1970-01-01 00:00:00.000001+00',
    '1969-12-31 23:59:59.999999+00',
    '0001-12-31 23:59:59.999999+00 BC',
  ])
})

test('times of day have a fraction only when they need one', () => {
  assert.deepEqual(linesOf({ kind: 'time' }, [0, 86_399_000_000, 3_661_000_001]), [
    '00:00:00',
    '23:59:59',
    '01:01:01.000001',
  ])
})

test('decimals have all their digits, whatever their size and sign', () => {
  const units = [
    0,
    1,
    -1,
    99,
    -100,
    123_456,
    -(2 ** 53 - 1),
    2 ** 53 - 1,
    10n ** 30n,
    -(10n ** 20n),
  ]
  for (const scale of [0, 1, 2, 15, 16, 20]) {
    const expected = units.map((unit) => formatDecimal(BigInt(unit), scale))
    assert.deepEqual(linesOf({ kind: 'decimal', precision: 38, scale }, units), expected)
  }
})

test('repeated values come again in every row and buffer, next to nulls and escaped strings', () => {
  const rows = 6000
  const micros = Array.from({ length: rows }, (_, row) => 1e15 + Math.floor(row / 500))
  const counts = Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? null : row >> 3))
  const texts = Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 'a\tb\\c\n' : `ü ${row}`))
  const chunks = copied(
    [
      [{ kind: 'timestamp' }, micros],
      [{ kind: 'integer' }, counts],
      [{ kind: 'text' }, texts],
    ],
    rows,
  )
  assert.ok(chunks.length > 3)
  for (const chunk of chunks) assert.ok(chunk.length <= BUFFER_BYTES)
  const times = linesOf({ kind: 'timestamp' }, [...new Set(micros)])
  const expected = texts.map((text, row) => {
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
    return `${times[Math.floor(row / 500)]}\t${counts[row] ?? '\\N'}\t${escaped}\n`
  })
  assert.equal(Buffer.concat(chunks).toString(), expected.join(''))
})
