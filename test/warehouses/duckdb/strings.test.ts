/** Strings that cross into DuckDB in one block, at the limits of entries, vectors and blocks. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { TextCells } from '../../../src/loader/columns/text-cells.ts'
import { appendRows } from '../../../src/warehouses/duckdb/staging.ts'

const VECTOR_ROWS = 2048

function cellsOfTexts(texts: readonly (string | null)[]): TextCells {
  const cells = new TextCells()
  for (const [row, text] of texts.entries()) cells.set(row, text)
  return cells
}

/** Appends the rows to a new table and returns what DuckDB holds. */
async function stored(cells: TextCells, rowCount: number): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run('create table t (row integer default 0, text varchar)')
    await connection.run('create temp table stage (text varchar)')
    const appender = await connection.createAppender('stage', 'main', 'temp')
    appendRows(appender, [{ name: 'text', type: { kind: 'text' }, cells }], rowCount)
    appender.closeSync()
    // Compares the strings in DuckDB too: an entry with a wrong prefix would print well.
    await connection.run('insert into t select rowid, text from stage')
    const found = await connection.runAndReadAll(
      'select t.text from t left join (select distinct text from t) u on t.text = u.text where t.text is null or u.text is not null order by row',
    )
    return found.getRows().map(([text]) => text)
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

test('strings of every length around the size of an entry come back', async () => {
  const texts = Array.from({ length: 40 }, (_, length) => 'abcdefghij'.repeat(4).slice(0, length))
  assert.deepEqual(await stored(cellsOfTexts(texts), texts.length), texts)
})

test('characters of several bytes and U+0000 come back', async () => {
  const texts = ['日本語のお知らせ', 'ü', '🎉🎁🎉🎁', 'a\0b', 'a\0bcdefghijklmnop', 'crème brûlée']
  assert.deepEqual(await stored(cellsOfTexts(texts), texts.length), texts)
})

test('nulls among short and long strings come back in all vectors', async () => {
  const rows = VECTOR_ROWS * 2 + 1
  const texts = Array.from({ length: rows }, (_, row) =>
    row % 3 === 0 ? null : `${row} ${'x'.repeat(row % 30)}`,
  )
  assert.deepEqual(await stored(cellsOfTexts(texts), rows), texts)
})

test('a vector of nulls only, and one of short strings only, come back', async () => {
  const texts = Array.from({ length: VECTOR_ROWS * 2 }, (_, row) =>
    row < VECTOR_ROWS ? null : String(row),
  )
  assert.deepEqual(await stored(cellsOfTexts(texts), texts.length), texts)
})

test('rows that took the strings of later rows come back', async () => {
  const rows = VECTOR_ROWS + 10
  const texts = Array.from({ length: rows + 1 }, (_, row) => `a string of row ${row}`)
  const cells = cellsOfTexts(texts)
  cells.copy(rows, 0)
  cells.copy(5, rows - 1)
  const expected = texts.slice(0, rows)
  expected[0] = texts[rows] ?? ''
  expected[rows - 1] = texts[5] ?? ''
  assert.deepEqual(await stored(cells, rows), expected)
})

test('rows around megabytes that were replaced come back', async () => {
  const cells = cellsOfTexts(['before the replaced row', 'r'.repeat(3_000_000), null])
  cells.set(1, 'after the replaced row')
  const expected = ['before the replaced row', 'after the replaced row', null]
  assert.deepEqual(await stored(cells, 3), expected)
})

test('a string of many megabytes comes back next to short ones', async () => {
  const texts = ['short', 'é'.repeat(20_000_000), 'a string behind the long one']
  assert.deepEqual(await stored(cellsOfTexts(texts), texts.length), texts)
})
