/**
 * Copies the strings of a column into DuckDB's vector with one call instead of one per string. All
 * bytes cross as one string, which DuckDB stores; then the entries of the rows are written in
 * DuckDB's layout and point into it.
 * https://github.com/duckdb/duckdb/blob/main/src/include/duckdb.h (`duckdb_string_t`)
 */

import duckdb from '@duckdb/node-bindings'
import type { TextCells } from '../../loader/columns/text-cells.ts'
import { CHUNK_ROWS, type Slice } from './slice.ts'

/** Of an entry: the length, then the string itself or its prefix and address. */
const ENTRY_BYTES = 16
const ENTRY_WORDS = 4
const LENGTH_BYTES = 4
const ADDRESS_AT = 8
/** A string of at most this length is stored in its entry. */
const INLINE_BYTES = 12
/** Replaced rows leave gaps between the strings. With larger gaps, each string crosses alone. */
const MAX_GAP_BYTES = 1 << 20
const TWO_TO_32 = 0x1_0000_0000

const block = new ArrayBuffer(CHUNK_ROWS * ENTRY_BYTES)
const bytes = new Uint8Array(block)
const words = new Uint32Array(block)

/** The part of the column's bytes that has all strings that are not stored in their entry. */
interface Span {
  start: number
  end: number
  /** The bytes of these strings. */
  used: number
}

function spanOf({ starts, lengths }: TextCells, { from, count }: Slice): Span {
  const span = { start: Number.MAX_SAFE_INTEGER, end: 0, used: 0 }
  for (let row = from; row < from + count; row++) {
    const length = lengths[row] ?? -1
    if (length <= INLINE_BYTES) continue
    const start = starts[row] ?? 0
    if (start < span.start) span.start = start
    if (start + length > span.end) span.end = start + length
    span.used += length
  }
  return span
}

/**
 * Stores the bytes in the vector as one string and returns its address; undefined when the entry
 * does not have the layout that we know.
 */
function storeBytes(vector: duckdb.Vector, stored: Uint8Array): number | undefined {
  duckdb.vector_assign_string_element_len(vector, 0, stored)
  const { buffer, byteOffset } = duckdb.vector_get_data(vector, ENTRY_BYTES)
  const entry = Buffer.from(buffer, byteOffset, ENTRY_BYTES)
  const prefix = entry.subarray(LENGTH_BYTES, ADDRESS_AT)
  const isKnown =
    entry.readUInt32LE(0) === stored.length && prefix.equals(stored.subarray(0, prefix.length))
  return isKnown ? Number(entry.readBigUInt64LE(ADDRESS_AT)) : undefined
}

function putInline({ bytes: source, starts }: TextCells, from: number, row: number): void {
  const start = starts[from + row] ?? 0
  const length = words[row * ENTRY_WORDS] ?? 0
  const at = row * ENTRY_BYTES + LENGTH_BYTES
  bytes.fill(0, at, at + INLINE_BYTES)
  for (let i = 0; i < length; i++) bytes[at + i] = source[start + i] ?? 0
}

/** Writes the prefix and the address of a string that is not stored in its entry. */
function putAddress(
  source: Uint8Array,
  start: number,
  { row, address }: { row: number; address: number },
): void {
  const at = row * ENTRY_BYTES + LENGTH_BYTES
  for (let i = 0; i < LENGTH_BYTES; i++) bytes[at + i] = source[start + i] ?? 0
  const high = Math.floor(address / TWO_TO_32)
  words[row * ENTRY_WORDS + 2] = address - high * TWO_TO_32
  words[row * ENTRY_WORDS + 3] = high
}

/** The entries of null rows are undefined: the validity mask hides them. */
function fillEach(vector: duckdb.Vector, cells: TextCells, { from, count }: Slice): void {
  for (let row = 0; row < count; row++) {
    const length = cells.lengths[from + row] ?? -1
    if (length < 0) continue
    const start = cells.starts[from + row] ?? 0
    const value = cells.bytes.subarray(start, start + length)
    duckdb.vector_assign_string_element_len(vector, row, value)
  }
}

/** Fills the vector with the strings. What is in the entry of a null row does not matter. */
export function fillStrings(vector: duckdb.Vector, cells: TextCells, slice: Slice): void {
  const { start, end, used } = spanOf(cells, slice)
  const { from, count } = slice
  const { bytes: source, starts, lengths } = cells
  const isDense = end - start - used <= MAX_GAP_BYTES
  const address = isDense && used > 0 ? storeBytes(vector, source.subarray(start, end)) : undefined
  if (used > 0 && address === undefined) {
    fillEach(vector, cells, slice)
    return
  }
  for (let row = 0; row < count; row++) {
    const length = Math.max(0, lengths[from + row] ?? 0)
    words[row * ENTRY_WORDS] = length
    if (length <= INLINE_BYTES) putInline(cells, from, row)
    else {
      const at = starts[from + row] ?? 0
      putAddress(source, at, { row, address: (address ?? 0) + at - start })
    }
  }
  duckdb.copy_data_to_vector(vector, 0, block, 0, count * ENTRY_BYTES)
}
