/**
 * Writes rows in the text format of COPY: one line per row, tabs between columns, `\N` for null,
 * and a backslash before special characters. Our own code, because pg-copy-streams sends bytes and
 * does not encode rows.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */

import type { Cell, ColumnType } from '../../loader/schema/types.ts'
import { formatDecimal } from '../../loader/values/decimal.ts'
import type { Cells } from '../../loader/columns/cells.ts'
import type { ColumnData } from '../../loader/commit-unit.ts'
import { chunksOf } from '../chunk-writer.ts'
import { putDate, putTime, putTimestamp } from './copy-times.ts'
import { CopyWriter, type Written } from './copy-writer.ts'

/** The most digits after the point for which a safe integer can be split exactly. */
const MAX_SPLIT_SCALE = 15

function putDecimal(writer: CopyWriter, units: number | bigint, scale: number): void {
  if (typeof units === 'bigint' || scale === 0 || scale > MAX_SPLIT_SCALE) {
    writer.plain(formatDecimal(units, scale))
    return
  }
  const size = Math.abs(units)
  const perOne = 10 ** scale
  const fraction = size % perOne
  writer.plain(`${units < 0 ? '-' : ''}${(size - fraction) / perOne}.`)
  writer.digits(fraction, scale)
}

type Put = (writer: CopyWriter, cell: Exclude<Cell, null>) => void

function putOf(type: ColumnType): Put {
  switch (type.kind) {
    case 'boolean':
      return (writer, cell) => writer.plain(cell === true ? 't' : 'f')
    case 'integer':
    case 'number':
    case 'text':
    case 'json':
      return (writer, cell) => writer.plain(String(cell))
    case 'decimal':
      return (writer, cell) => putDecimal(writer, cell as number | bigint, type.scale)
    case 'date':
      return (writer, cell) => putDate(writer, cell as number)
    case 'time':
      return (writer, cell) => putTime(writer, cell as number)
    case 'timestamp':
      return (writer, cell) => putTimestamp(writer, cell as number | bigint)
  }
}

/** Writes the cells of one column. */
class CopyColumn {
  readonly #writer: CopyWriter
  readonly #put: Put
  readonly #cells: Cells
  /** The last cell and its bytes: rows that were read together have the same times. */
  #last: Cell = null
  #written: Written | undefined

  constructor(writer: CopyWriter, { type, cells }: ColumnData) {
    this.#writer = writer
    this.#put = putOf(type)
    this.#cells = cells
  }

  write(row: number): void {
    const cells = this.#cells
    if (cells.isNull(row)) this.#writer.null()
    else if (cells.layout === 'text') this.#writer.text(cells, row)
    else this.#writeCell(cells.at(row) ?? '')
  }

  #writeCell(cell: Exclude<Cell, null>): void {
    if (cell === this.#last && this.#written) {
      this.#writer.repeat(this.#written)
      return
    }
    this.#last = cell
    this.#written = this.#writer.record(() => this.#put(this.#writer, cell))
  }
}

/** The rows in chunks of about 64 KB. A longer string gets a chunk of its own length. */
export function copyChunks(columns: readonly ColumnData[], rowCount: number): Generator<Buffer> {
  const writer = new CopyWriter()
  const [first, ...others] = columns.map((column) => new CopyColumn(writer, column))
  return chunksOf(writer, rowCount, (row) => {
    first?.write(row)
    for (const column of others) {
      writer.tab()
      column.write(row)
    }
    writer.endRow()
  })
}
