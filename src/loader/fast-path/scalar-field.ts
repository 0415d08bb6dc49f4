/** Reads any scalar: makes its value and coerces it, as the slow path does. */

import { hasFormat } from '../../rfc3339.ts'
import { JsonNumber } from '../../singer/json.ts'
import type { Cells } from '../columns/cells.ts'
import type { Coerce } from '../values/coerce.ts'
import type { ColumnType } from '../schema/types.ts'
import { LITERALS, type Cursor } from './cursor.ts'
import type { JsonText } from './json-text.ts'
import { isLengthAllowed, isNumberAllowed, type ValueRules } from '../schema/rules.ts'

/** What all fields of all streams share. */
export interface FieldTools {
  cursor: Cursor
  json: JsonText
  /** For strings that are not stored. As long as the longest line. */
  scratch: Buffer
  /** Where the current line ends. */
  lineEnd: number
}

/**
 * Reads the value at the cursor, which is not null, into the row. Returns false if the slow path
 * might have another result; then the row's cell and the cursor are undefined.
 */
export interface FieldReader {
  read: (row: number) => boolean
}

export interface FieldOptions {
  type: ColumnType
  cells: Cells
  /** As the slow path coerces values. */
  coerce: Coerce
  rules: ValueRules
  tools: FieldTools
}

const QUOTE = 34

export class ScalarField implements FieldReader {
  protected readonly tools: FieldTools
  protected readonly rules: ValueRules
  readonly #cells: Cells
  readonly #coerce: Coerce

  constructor({ cells, coerce, rules, tools }: FieldOptions) {
    this.tools = tools
    this.rules = rules
    this.#cells = cells
    this.#coerce = coerce
  }

  read(row: number): boolean {
    const { cursor } = this.tools
    const start = cursor.at
    if (this.readPlain(row)) return true
    cursor.at = start
    const value = this.#value()
    const cell = value === undefined ? undefined : this.#coerce(value)
    if (cell === undefined) return false
    this.#cells.set(row, cell)
    return true
  }

  /** Reads a value in its usual spelling faster; false for other values. */
  protected readPlain(_row: number): boolean {
    return false
  }

  /** Reads a value that the rules allow; undefined for anything else. */
  #value(): string | boolean | number | JsonNumber | undefined {
    const { cursor } = this.tools
    if (cursor.source[cursor.at] === QUOTE) return this.#string()
    if (cursor.skipAll(LITERALS.true)) return this.rules.allowsBoolean ? true : undefined
    if (cursor.skipAll(LITERALS.false)) return this.rules.allowsBoolean ? false : undefined
    const number = cursor.anyNumber()
    if (number === undefined) return undefined
    const near = number instanceof JsonNumber ? Number(number.text) : number
    return Number.isFinite(near) && isNumberAllowed(this.rules, near) ? number : undefined
  }

  #string(): string | undefined {
    const { cursor, scratch } = this.tools
    const rules = this.rules.string
    const end = cursor.string(scratch, 0)
    if (!rules || end < 0 || !isLengthAllowed(rules, end)) return undefined
    const text = scratch.toString('utf8', 0, end)
    return rules.format === undefined || hasFormat(text, rules.format) ? text : undefined
  }
}
