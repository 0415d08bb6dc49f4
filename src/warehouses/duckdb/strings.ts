/**
 * Texts into a vector of VARCHAR. The library would take them one by one, at the price of a call each; so all of a vector's texts go in
 * as one, and then the vector gets the entries (`duckdb_string_t` of DuckDB's C API) that point to their parts of it.
 */

import duckdb from '@duckdb/node-bindings'
import type { TextCells } from '../../loader/columns/text-cells.ts'

/** An entry: length in 4 bytes, then up to 12 bytes of text, or its first 4 bytes and where it stands in memory. */
export const STRING_BYTES = 16
const INLINE_BYTES = 12
const PREFIX_BYTES = 4
const MAX_ROWS = 2048
const TWO_TO_32 = 0x1_0000_0000

const block = new ArrayBuffer(MAX_ROWS * STRING_BYTES)
const bytes = new Uint8Array(block)
const uint32s = new Uint32Array(block)

interface Rows {
  from: number
  count: number
}

/** The texts that do not fit into their entries: from the first to behind the last, and how many bytes they are. */
function longTexts({ starts, lengths }: TextCells, { from, count }: Rows) {
  let [first, end, total] = [Number.MAX_SAFE_INTEGER, 0, 0]
  for (let row = from; row < from + count; row++) {
    const length = lengths[row] ?? -1
    if (length <= INLINE_BYTES) continue
    const start = starts[row] ?? 0
    if (start < first) first = start
    if (start + length > end) end = start + length
    total += length
  }
  return { first, end, total }
}

/** Gives the vector a copy of the bytes, which must be valid UTF-8 and more than fit into an entry; returns its address. */
function addressOf(vector: duckdb.Vector, text: Uint8Array): number {
  duckdb.vector_assign_string_element_len(vector, 0, text)
  const entry = duckdb.vector_get_data(vector, STRING_BYTES)
  const view = new DataView(entry.buffer, entry.byteOffset, STRING_BYTES)
  return view.getUint32(8, true) + view.getUint32(12, true) * TWO_TO_32
}

/** Fills the vector with the texts of the rows. The entries of null rows mean nothing. */
export function fillTexts(vector: duckdb.Vector, cells: TextCells, rows: Rows): void {
  const { first, end, total } = longTexts(cells, rows)
  // Rows that came twice leave gaps, and may stand far behind.
  const isScattered = end - first > total * 2 + MAX_ROWS * INLINE_BYTES
  if (isScattered) {
    fillOneByOne(vector, cells, rows)
    return
  }
  const address = total === 0 ? 0 : addressOf(vector, cells.bytes.subarray(first, end)) - first
  for (let row = 0; row < rows.count; row++) {
    const length = cells.lengths[rows.from + row] ?? -1
    const start = cells.starts[rows.from + row] ?? 0
    const at = row * STRING_BYTES
    const isInline = length <= INLINE_BYTES
    uint32s[row * 4] = Math.max(0, length)
    uint32s[row * 4 + 1] = uint32s[row * 4 + 2] = uint32s[row * 4 + 3] = 0
    const shown = isInline ? length : PREFIX_BYTES
    for (let i = 0; i < shown; i++) bytes[at + 4 + i] = cells.bytes[start + i] ?? 0
    if (isInline) continue
    uint32s[row * 4 + 2] = (address + start) % TWO_TO_32
    uint32s[row * 4 + 3] = Math.floor((address + start) / TWO_TO_32)
  }
  duckdb.copy_data_to_vector(vector, 0, block, 0, rows.count * STRING_BYTES)
}

function fillOneByOne(vector: duckdb.Vector, cells: TextCells, { from, count }: Rows): void {
  for (let row = 0; row < count; row++) {
    const length = cells.lengths[from + row] ?? -1
    if (length < 0) continue
    const start = cells.starts[from + row] ?? 0
    duckdb.vector_assign_string_element_len(
      vector,
      row,
      cells.bytes.subarray(start, start + length),
    )
  }
}
