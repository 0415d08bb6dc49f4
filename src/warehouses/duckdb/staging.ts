/**
 * Cells into DuckDB's vectors, a chunk at a time. Each column of a chunk crosses into the library as one block of memory in DuckDB's
 * own layout, instead of value by value: that is several times faster.
 */

import duckdb from '@duckdb/node-bindings'
import { DECIMAL, DuckDBDataChunk, type DuckDBAppender, type DuckDBType } from '@duckdb/node-api'
import { BIGINT, BOOLEAN, DATE, DOUBLE, TIME, TIMESTAMPTZ, VARCHAR } from '@duckdb/node-api'
import type { ColumnType } from '../../target/types.ts'
import type { Cell, ColumnData } from '../../target/warehouse.ts'

/** Rows in one of DuckDB's vectors. */
const CHUNK_ROWS = 2048
const MAX_CELL_BYTES = 16
/** Longest text that stands in a vector itself; longer ones are behind a pointer, which only the library can set. */
const INLINE_BYTES = 12
const TWO_TO_32 = 0x1_0000_0000

/** Writes the cell at its row, which is not null. False: the cell has to be assigned by the library. */
type Put = (cell: Exclude<Cell, null>, row: number) => boolean

interface Layout {
  type: DuckDBType
  cellBytes: number
  put: Put
}

// One block for all columns: each is copied into its vector before the next begins.
const block = new ArrayBuffer(CHUNK_ROWS * MAX_CELL_BYTES)
const bytes = new Uint8Array(block)
const int16s = new Int16Array(block)
const int32s = new Int32Array(block)
const uint32s = new Uint32Array(block)
const int64s = new BigInt64Array(block)
const uint64s = new BigUint64Array(block)
const doubles = new Float64Array(block)
const validity = new Uint8Array(CHUNK_ROWS / 8)

const putInt64: Put = (cell, row) => {
  if (typeof cell === 'bigint') {
    int64s[row] = cell
    return true
  }
  const value = cell as number
  const high = Math.floor(value / TWO_TO_32)
  uint32s[row * 2] = value - high * TWO_TO_32
  int32s[row * 2 + 1] = high
  return true
}

const putInt128: Put = (cell, row) => {
  uint64s[row * 2] = BigInt.asUintN(64, cell as bigint)
  int64s[row * 2 + 1] = BigInt.asIntN(64, (cell as bigint) >> 64n)
  return true
}

/** Short ASCII text as DuckDB keeps it: its length in four bytes, then its bytes, then zeros. */
const putText: Put = (cell, row) => {
  const text = cell as string
  const { length } = text
  if (length > INLINE_BYTES) return false
  const at = row * MAX_CELL_BYTES
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return false
    bytes[at + 4 + i] = code
  }
  bytes.fill(0, at + 4 + length, at + MAX_CELL_BYTES)
  uint32s[row * 4] = length
  return true
}

function decimalLayout(precision: number, scale: number): Layout {
  const type = DECIMAL(precision, scale)
  if (precision <= 4) {
    return { type, cellBytes: 2, put: (cell, row) => ((int16s[row] = Number(cell)), true) }
  }
  if (precision <= 9) {
    return { type, cellBytes: 4, put: (cell, row) => ((int32s[row] = Number(cell)), true) }
  }
  if (precision <= 18) return { type, cellBytes: 8, put: putInt64 }
  return { type, cellBytes: 16, put: putInt128 }
}

function layoutOf(type: ColumnType): Layout {
  switch (type.kind) {
    case 'boolean':
      return {
        type: BOOLEAN,
        cellBytes: 1,
        put: (cell, row) => ((bytes[row] = cell ? 1 : 0), true),
      }
    case 'integer':
      return { type: BIGINT, cellBytes: 8, put: putInt64 }
    case 'decimal':
      return decimalLayout(type.precision, type.scale)
    case 'number':
      return {
        type: DOUBLE,
        cellBytes: 8,
        put: (cell, row) => ((doubles[row] = cell as number), true),
      }
    case 'date':
      return {
        type: DATE,
        cellBytes: 4,
        put: (cell, row) => ((int32s[row] = cell as number), true),
      }
    case 'time':
      return { type: TIME, cellBytes: 8, put: putInt64 }
    case 'timestamp':
      return { type: TIMESTAMPTZ, cellBytes: 8, put: putInt64 }
    case 'text':
    case 'json':
      return { type: VARCHAR, cellBytes: MAX_CELL_BYTES, put: putText }
  }
}

/** Fills one vector with the cells from `from` on. */
function fillVector(
  vector: duckdb.Vector,
  { put, cellBytes }: Layout,
  rows: { cells: readonly Cell[]; from: number; count: number },
): void {
  const { cells, from, count } = rows
  let isAllValid = true
  const assigned: number[] = []
  validity.fill(0xff)
  for (let row = 0; row < count; row++) {
    const cell = cells[from + row] ?? null
    if (cell === null) {
      isAllValid = false
      validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7))
      if (cellBytes === MAX_CELL_BYTES) bytes.fill(0, row * cellBytes, (row + 1) * cellBytes)
    } else if (!put(cell, row)) {
      bytes.fill(0, row * cellBytes, (row + 1) * cellBytes)
      assigned.push(row)
    }
  }
  duckdb.copy_data_to_vector(vector, 0, block, 0, count * cellBytes)
  for (const row of assigned) {
    duckdb.vector_assign_string_element(vector, row, cells[from + row] as string)
  }
  if (isAllValid) return
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, Math.ceil(count / 64) * 8)
}

/** Appends the rows to a table that has exactly these columns. */
export function appendRows(
  appender: DuckDBAppender,
  columns: readonly ColumnData[],
  rowCount: number,
): void {
  const layouts = columns.map(({ type }) => layoutOf(type))
  const types = layouts.map(({ type }) => type)
  for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rowCount - from)
    const chunk = DuckDBDataChunk.create(types, count)
    for (const [at, layout] of layouts.entries()) {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, at)
      fillVector(vector, layout, { cells: columns[at]?.cells ?? [], from, count })
    }
    appender.appendDataChunk(chunk)
  }
}
