/**
 * Stores the cells of one column in typed arrays.
 * Keeping every string and object of a batch alive would cost the garbage collector more than
 * parsing.
 */

import { hashed, SEED, textHash } from './hash.ts'
import { TextCells } from './text-cells.ts'
import type { Cell, ColumnType } from '../schema/types.ts'

/** Rows are written in order or rewritten. Skipped rows are null. */
export type Cells = TextCells | Int64Cells | DoubleCells | BoxedCells

const FIRST_ROWS = 256
const TWO_TO_32 = 0x1_0000_0000
/** The most digits that always fit into 64 bits. */
const INT64_DIGITS = 18

/** 64-bit integers, little-endian. */
export class Int64Cells {
  readonly layout = 'int64'
  values = new BigInt64Array(FIRST_ROWS)
  isSet = new Uint8Array(FIRST_ROWS)
  #lows = new Uint32Array(this.values.buffer)
  #highs = new Int32Array(this.values.buffer)

  set(row: number, cell: Cell): void {
    if (row >= this.isSet.length) this.#addRows(row)
    if (cell === null) {
      this.isSet[row] = 0
      return
    }
    this.isSet[row] = 1
    if (typeof cell === 'bigint') {
      this.values[row] = cell
      return
    }
    // Avoids one bigint per number for the garbage collector.
    const high = Math.floor((cell as number) / TWO_TO_32)
    this.#lows[row * 2] = (cell as number) - high * TWO_TO_32
    this.#highs[row * 2 + 1] = high
  }

  isNull(row: number): boolean {
    return this.isSet[row] !== 1
  }

  at(row: number): number | bigint | null {
    if (!this.isSet[row]) return null
    const number = (this.#highs[row * 2 + 1] ?? 0) * TWO_TO_32 + (this.#lows[row * 2] ?? 0)
    return Number.isSafeInteger(number) ? number : (this.values[row] ?? null)
  }

  clear(): void {
    this.isSet.fill(0)
  }

  copy(from: number, to: number): void {
    this.values[to] = this.values[from] ?? 0n
    this.isSet[to] = this.isSet[from] ?? 0
  }

  hash(row: number): number {
    return hashed(hashed(SEED, this.#highs[row * 2 + 1] ?? 0), this.#lows[row * 2] ?? 0)
  }

  isSame(a: number, b: number): boolean {
    if (this.isSet[a] !== this.isSet[b]) return false
    if (!this.isSet[a]) return true
    const isLowSame = this.#lows[a * 2] === this.#lows[b * 2]
    return isLowSame && this.#highs[a * 2 + 1] === this.#highs[b * 2 + 1]
  }

  #addRows(row: number): void {
    const { values, isSet } = this
    const rows = Math.max(values.length * 2, row + 1)
    this.values = new BigInt64Array(rows)
    this.values.set(values)
    this.#lows = new Uint32Array(this.values.buffer)
    this.#highs = new Int32Array(this.values.buffer)
    this.isSet = new Uint8Array(rows)
    this.isSet.set(isSet)
  }
}

export class DoubleCells {
  readonly layout = 'double'
  values = new Float64Array(FIRST_ROWS)
  isSet = new Uint8Array(FIRST_ROWS)

  set(row: number, cell: Cell): void {
    if (row >= this.isSet.length) this.#addRows(row)
    this.isSet[row] = cell === null ? 0 : 1
    this.values[row] = (cell ?? 0) as number
  }

  isNull(row: number): boolean {
    return this.isSet[row] !== 1
  }

  at(row: number): number | null {
    return this.isSet[row] ? (this.values[row] ?? null) : null
  }

  clear(): void {
    this.isSet.fill(0)
  }

  copy(from: number, to: number): void {
    this.values[to] = this.values[from] ?? 0
    this.isSet[to] = this.isSet[from] ?? 0
  }

  hash(row: number): number {
    return textHash(String(this.values[row]))
  }

  isSame(a: number, b: number): boolean {
    return this.at(a) === this.at(b)
  }

  #addRows(row: number): void {
    const { values, isSet } = this
    const rows = Math.max(values.length * 2, row + 1)
    this.values = new Float64Array(rows)
    this.values.set(values)
    this.isSet = new Uint8Array(rows)
    this.isSet.set(isSet)
  }
}

/** Cells that are cheap to keep as JavaScript values, or rare. */
class BoxedCells {
  readonly layout = 'boxed'
  readonly #cells: Cell[] = []

  set(row: number, cell: Cell): void {
    while (this.#cells.length < row) this.#cells.push(null)
    this.#cells[row] = cell
  }

  isNull(row: number): boolean {
    return (this.#cells[row] ?? null) === null
  }

  at(row: number): Cell {
    return this.#cells[row] ?? null
  }

  copy(from: number, to: number): void {
    this.set(to, this.at(from))
  }

  hash(row: number): number {
    return textHash(String(this.at(row)))
  }

  isSame(a: number, b: number): boolean {
    return this.at(a) === this.at(b)
  }
}

const LAYOUTS = {
  text: 'text',
  json: 'text',
  number: 'double',
  decimal: 'int64',
  integer: 'int64',
  time: 'int64',
  timestamp: 'int64',
  boolean: 'boxed',
  date: 'boxed',
} as const satisfies Record<ColumnType['kind'], Cells['layout']>

/** @param isNumberExact As in the dialect. If true, the cell of a `number` is its digits. */
export function layoutOf(type: ColumnType, isNumberExact: boolean): Cells['layout'] {
  if (type.kind === 'number' && isNumberExact) return 'text'
  if (type.kind === 'decimal' && type.precision > INT64_DIGITS) return 'boxed'
  return LAYOUTS[type.kind]
}

const CLASSES = { text: TextCells, int64: Int64Cells, double: DoubleCells, boxed: BoxedCells }

export function createCells(layout: Cells['layout']): Cells {
  return new CLASSES[layout]()
}

/** Creates cells from a list, for the few rows that do not come from the input. */
export function cellsOf(type: ColumnType, list: readonly Cell[], isNumberExact = false): Cells {
  const cells = createCells(layoutOf(type, isNumberExact))
  for (const [row, cell] of list.entries()) cells.set(row, cell)
  return cells
}
