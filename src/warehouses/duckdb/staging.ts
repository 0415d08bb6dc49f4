/** Cells into DuckDB's vectors, chunk by chunk. */

import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimeValue,
  TIME,
  TIMESTAMPTZ,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { ColumnType } from '../../target/types.ts'
import type { Cell, ColumnData } from '../../target/warehouse.ts'

/** Rows in one of DuckDB's vectors. */
const CHUNK_ROWS = 2048

function vectorType(type: ColumnType): DuckDBType {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN
    case 'integer':
      return BIGINT
    case 'decimal':
      return DECIMAL(type.precision, type.scale)
    case 'number':
      return DOUBLE
    case 'date':
      return DATE
    case 'time':
      return TIME
    case 'timestamp':
      return TIMESTAMPTZ
    case 'text':
    case 'json':
      return VARCHAR
  }
}

function toValue(type: ColumnType): (cell: Cell) => DuckDBValue {
  switch (type.kind) {
    case 'boolean':
    case 'number':
    case 'text':
    case 'json':
      return (cell) => cell
    case 'integer':
      return (cell) => (cell === null ? null : BigInt(cell))
    case 'decimal':
      return (cell) =>
        cell === null ? null : new DuckDBDecimalValue(cell as bigint, type.precision, type.scale)
    case 'date':
      return (cell) => (cell === null ? null : new DuckDBDateValue(cell as number))
    case 'time':
      return (cell) => (cell === null ? null : new DuckDBTimeValue(BigInt(cell)))
    case 'timestamp':
      return (cell) => (cell === null ? null : new DuckDBTimestampTZValue(BigInt(cell)))
  }
}

/** Appends the rows to a table that has exactly these columns. */
export function appendRows(
  appender: DuckDBAppender,
  columns: readonly ColumnData[],
  rowCount: number,
): void {
  const types = columns.map(({ type }) => vectorType(type))
  const converters = columns.map(({ type }) => toValue(type))
  for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rowCount - from)
    const chunk = DuckDBDataChunk.create(types, count)
    for (const [at, { cells }] of columns.entries()) {
      const convert = converters[at] ?? ((cell: Cell) => cell)
      chunk.setColumnValues(at, cells.slice(from, from + count).map(convert))
    }
    appender.appendDataChunk(chunk)
  }
}
