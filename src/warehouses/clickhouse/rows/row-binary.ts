/**
 * Writes rows in ClickHouse's format RowBinary: one byte for null or not, then the value in
 * little-endian order. Our own code, because the driver encodes rows as text only.
 * https://clickhouse.com/docs/interfaces/formats/RowBinary
 */

import type { TextCells } from '../../../loader/columns/text-cells.ts'
import type { ColumnData } from '../../../loader/commit-unit.ts'
import type { Cell, ColumnType } from '../../../loader/schema/types.ts'
import { chunksOf, ChunkWriter } from '../../chunk-writer.ts'

const CHUNK_BYTES = 1 << 18
const NULL = 1
const SET = 0
const MAX_LENGTH_BYTES = 5

class RowBinaryWriter extends ChunkWriter {
  constructor() {
    super(CHUNK_BYTES)
  }

  int32(value: number): void {
    this.reserve(4)
    this.at = this.buffer.writeInt32LE(value, this.at)
  }

  int64(value: bigint): void {
    this.reserve(8)
    this.at = this.buffer.writeBigInt64LE(value, this.at)
  }

  double(value: number): void {
    this.reserve(8)
    this.at = this.buffer.writeDoubleLE(value, this.at)
  }

  /** An integer of any width that is a multiple of eight bytes. */
  wide(value: bigint, bytes: number): void {
    for (let left = value, at = 0; at < bytes; at += 8, left >>= 64n) {
      this.int64(BigInt.asIntN(64, left))
    }
  }

  text({ bytes, starts, lengths }: TextCells, row: number): void {
    const start = starts[row] ?? 0
    const length = lengths[row] ?? 0
    this.reserve(length + MAX_LENGTH_BYTES)
    let left = length
    for (; left >= 128; left = Math.floor(left / 128)) {
      this.buffer[this.at++] = (left % 128) + 128
    }
    this.buffer[this.at++] = left
    this.at += bytes.copy(this.buffer, this.at, start, start + length)
  }
}

type Put = (writer: RowBinaryWriter, cell: Exclude<Cell, null>) => void

function putDecimal(precision: number): Put {
  if (precision <= 9) return (writer, cell) => writer.int32(Number(cell))
  const bytes = precision <= 18 ? 8 : precision <= 38 ? 16 : 32
  return (writer, cell) => writer.wide(BigInt(cell), bytes)
}

function putOf(type: ColumnType): Put {
  switch (type.kind) {
    case 'boolean':
      return (writer, cell) => writer.byte(cell === true ? 1 : 0)
    case 'integer':
    case 'time':
    case 'timestamp':
      return (writer, cell) => writer.int64(BigInt(cell))
    case 'decimal':
      return putDecimal(type.precision)
    case 'number':
      return (writer, cell) => writer.double(Number(cell))
    case 'date':
      return (writer, cell) => writer.int32(Number(cell))
    case 'text':
    case 'json':
      return () => undefined
  }
}

/** The rows in chunks of about 256 KB. A longer string gets a chunk of its own length. */
export function rowChunks(columns: readonly ColumnData[], rowCount: number): Generator<Buffer> {
  const writer = new RowBinaryWriter()
  const slots = columns.map(({ type, cells }) => ({ put: putOf(type), cells }))
  return chunksOf(writer, rowCount, (row) => {
    for (const { put, cells } of slots) {
      const isNull = cells.isNull(row)
      writer.byte(isNull ? NULL : SET)
      if (isNull) continue
      if (cells.layout === 'text') writer.text(cells, row)
      else put(writer, cells.at(row) ?? 0)
    }
  })
}
