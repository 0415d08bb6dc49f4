/**
 * Copies cells into DuckDB's vectors, one chunk at a time. A column of fixed-width values crosses
 * into the library as one block of memory in DuckDB's layout, which is several times faster than
 * value by value.
 */

import duckdb from '@duckdb/node-bindings'
import type { DuckDBAppender, DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import type { Cells } from '../../../loader/columns/cells.ts'
import type { TextCells } from '../../../loader/columns/text-cells.ts'
import type { Cell, ColumnType } from '../../../loader/schema/types.ts'
import type { ColumnData, WriteStep } from '../../../loader/commit-unit.ts'
import { BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, TIME, TIMESTAMPTZ } from '../connect/driver.ts'
import { DuckDBDataChunk, VARCHAR } from '../connect/driver.ts'
import type { DuckdbTable } from '../sql.ts'

/** Rows in one of DuckDB's vectors. */
const CHUNK_ROWS = 2048

/** The widest of DuckDB's fixed-width types: a decimal of 128 bits. */
const MAX_CELL_BYTES = 16

/** Rows of a column that become one vector. */
interface Slice {
  from: number
  count: number
}

/** How DuckDB stores a type. */
interface Layout {
  type: DuckDBType
  /** 0 for strings, which the library copies one by one. */
  cellBytes: number
  /** Writes a cell that is not null to its place in `block`. */
  put: (cell: Exclude<Cell, null>, row: number) => void
}

// One block for all columns: each column is copied into its vector before the next one starts.
const block = new ArrayBuffer(CHUNK_ROWS * MAX_CELL_BYTES)
const bytes = new Uint8Array(block)
const int16s = new Int16Array(block)
const int32s = new Int32Array(block)
const int64s = new BigInt64Array(block)
const uint64s = new BigUint64Array(block)
const doubles = new Float64Array(block)
const validity = new Uint8Array(CHUNK_ROWS / 8)

function putInt128(cell: Exclude<Cell, null>, row: number): void {
  const units = BigInt(cell)
  uint64s[row * 2] = BigInt.asUintN(64, units)
  int64s[row * 2 + 1] = BigInt.asIntN(64, units >> 64n)
}

function decimalLayout(precision: number, scale: number): Layout {
  const type = DECIMAL(precision, scale)
  if (precision <= 4) {
    return { type, cellBytes: 2, put: (cell, row) => (int16s[row] = Number(cell)) }
  }
  if (precision <= 9) {
    return { type, cellBytes: 4, put: (cell, row) => (int32s[row] = Number(cell)) }
  }
  if (precision <= 18) return int64Layout(type)
  return { type, cellBytes: 16, put: putInt128 }
}

function int64Layout(type: DuckDBType): Layout {
  return { type, cellBytes: 8, put: (cell, row) => (int64s[row] = BigInt(cell)) }
}

function layoutOf(type: ColumnType): Layout {
  switch (type.kind) {
    case 'boolean':
      return { type: BOOLEAN, cellBytes: 1, put: (cell, row) => (bytes[row] = cell ? 1 : 0) }
    case 'integer':
      return int64Layout(BIGINT)
    case 'decimal':
      return decimalLayout(type.precision, type.scale)
    case 'number':
      return { type: DOUBLE, cellBytes: 8, put: (cell, row) => (doubles[row] = cell as number) }
    case 'date':
      return { type: DATE, cellBytes: 4, put: (cell, row) => (int32s[row] = cell as number) }
    case 'time':
      return int64Layout(TIME)
    case 'timestamp':
      return int64Layout(TIMESTAMPTZ)
    case 'text':
    case 'json':
      return { type: VARCHAR, cellBytes: 0, put: () => undefined }
  }
}

/** The entries of null rows stay undefined: the validity mask hides them. */
function fillStrings(vector: duckdb.Vector, cells: TextCells, { from, count }: Slice): void {
  for (let row = 0; row < count; row++) {
    const length = cells.lengths[from + row] ?? -1
    if (length < 0) continue
    const start = cells.starts[from + row] ?? 0
    const value = cells.bytes.subarray(start, start + length)
    duckdb.vector_assign_string_element_len(vector, row, value)
  }
}

function fillValues(
  vector: duckdb.Vector,
  { cellBytes, put }: Layout,
  rows: Slice & { cells: Cells },
): void {
  const { cells, from, count } = rows
  if (cells.layout === 'text') {
    fillStrings(vector, cells, rows)
    return
  }
  if (cells.layout !== 'boxed' && cells.values.BYTES_PER_ELEMENT === cellBytes) {
    // The values already have DuckDB's layout.
    const { buffer, byteOffset } = cells.values
    duckdb.copy_data_to_vector(vector, 0, buffer, byteOffset + from * cellBytes, count * cellBytes)
    return
  }
  for (let row = 0; row < count; row++) {
    const cell = cells.at(from + row)
    if (cell !== null) put(cell, row)
  }
  duckdb.copy_data_to_vector(vector, 0, block, 0, count * cellBytes)
}

/** Marks the rows of the vector that are null. */
function fillValidity(vector: duckdb.Vector, cells: Cells, { from, count }: Slice): void {
  let isAllValid = true
  validity.fill(0xff)
  for (let row = 0; row < count; row++) {
    if (!cells.isNull(from + row)) continue
    isAllValid = false
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7))
  }
  if (isAllValid) return
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, Math.ceil(count / 64) * 8)
}

/** Appends the rows to a table that has exactly these columns, in this order. */
export async function fillTable(
  connection: DuckDBConnection,
  [database, schema, table]: DuckdbTable,
  { columns, rowCount }: Pick<WriteStep, 'columns' | 'rowCount'>,
): Promise<void> {
  const appender = await connection.createAppender(table, schema, database)
  try {
    appendRows(appender, columns, rowCount)
  } finally {
    appender.closeSync()
  }
}

function appendRows(
  appender: DuckDBAppender,
  columns: readonly ColumnData[],
  rowCount: number,
): void {
  const layouts = columns.map(({ type }) => layoutOf(type))
  const types = layouts.map(({ type }) => type)
  // The garbage collector does not see the size of a chunk, so all rows go through one chunk.
  const chunk = DuckDBDataChunk.create(types)
  for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
    const slice = { from, count: Math.min(CHUNK_ROWS, rowCount - from) }
    chunk.reset()
    chunk.rowCount = slice.count
    for (const [at, { cells }] of columns.entries()) {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, at)
      const layout = layouts[at]
      if (layout) fillValues(vector, layout, { cells, ...slice })
      fillValidity(vector, cells, slice)
    }
    appender.appendDataChunk(chunk)
  }
}
