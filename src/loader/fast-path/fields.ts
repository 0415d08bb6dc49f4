/** Reads the bytes of a value into its column, by the kind of the column. */

import type { Cells, DoubleCells, Int64Cells } from '../columns/cells.ts'
import type { TextCells } from '../columns/text-cells.ts'
import { LITERALS } from './cursor.ts'
import { isLengthAllowed, isNumberAllowed, type TextRules } from '../schema/rules.ts'
import { ScalarField, type FieldOptions, type FieldReader } from './scalar-field.ts'
import { DateField, TimestampField } from './time-fields.ts'

const [QUOTE, POINT, ZERO] = [34, 46, 48]
const LETTER_T = 116
const LETTER_F = 102
const EXACT_DIGITS = 15

class TextField implements FieldReader {
  readonly #cells: TextCells
  readonly #options: FieldOptions
  readonly #rules: TextRules | undefined

  constructor(options: FieldOptions) {
    this.#cells = options.cells as TextCells
    this.#options = options
    const { string } = options.rules
    this.#rules = string?.format === undefined ? string : undefined
  }

  read(row: number): boolean {
    const cells = this.#cells
    const { cursor, lineEnd } = this.#options.tools
    if (!this.#rules) return false
    const start = cells.begin(lineEnd - cursor.at)
    const end = cursor.string(cells.bytes, start)
    if (end < 0 || !isLengthAllowed(this.#rules, end - start)) return false
    cells.finish(row, end)
    return true
  }
}

class JsonField implements FieldReader {
  readonly #cells: TextCells
  readonly #options: FieldOptions

  constructor(options: FieldOptions) {
    this.#cells = options.cells as TextCells
    this.#options = options
  }

  read(row: number): boolean {
    const cells = this.#cells
    const { tools, rules } = this.#options
    const start = cells.begin(tools.lineEnd - tools.cursor.at)
    tools.json.writeTo(cells.bytes, start)
    if (!tools.json.write(rules)) return false
    cells.finish(row, tools.json.end)
    return true
  }
}

/** Numbers that are stored as their digits. */
class DigitsField extends ScalarField {
  readonly #cells: TextCells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells as TextCells
  }

  protected override readPlain(row: number): boolean {
    const { cursor, json, lineEnd } = this.tools
    const start = this.#cells.begin(lineEnd - cursor.at)
    json.writeTo(this.#cells.bytes, start)
    if (!json.number(this.rules)) return false
    this.#cells.finish(row, json.end)
    return true
  }
}

class DoubleField extends ScalarField {
  readonly #cells: DoubleCells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells as DoubleCells
  }

  protected override readPlain(row: number): boolean {
    const number = this.tools.cursor.plainNumber()
    if (Number.isNaN(number) || !isNumberAllowed(this.rules, number)) return false
    this.#cells.set(row, number)
    return true
  }
}

class IntegerField extends ScalarField {
  readonly #cells: Int64Cells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells as Int64Cells
  }

  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const number = cursor.plainNumber()
    if (!Number.isInteger(number) || !isNumberAllowed(this.rules, number)) return false
    this.#cells.set(row, number + 0)
    return true
  }
}

/** Decimals that are sent as strings. */
class DecimalField extends ScalarField {
  readonly #cells: Cells
  readonly #scale: number
  readonly #digits: number

  constructor(options: FieldOptions & { type: { kind: 'decimal' } }) {
    super(options)
    const { precision, scale } = options.type
    this.#cells = options.cells
    this.#scale = scale
    this.#digits = Math.min(precision, EXACT_DIGITS)
  }

  /** Reads `"12.50"`: unsigned, with few enough digits. Much faster than making a string first. */
  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const { source } = cursor
    const rules = this.rules.string
    if (!rules || rules.format !== undefined || source[cursor.at] !== QUOTE) return false
    const first = cursor.at + 1
    let at = first
    let units = 0
    let point = -1
    for (let byte = source[at] ?? 0; byte !== QUOTE; byte = source[++at] ?? 0) {
      const digit = byte - ZERO
      if (digit >= 0 && digit <= 9) units = units * 10 + digit
      else if (byte === POINT && point < 0 && at > first) point = at
      else return false
    }
    const whole = (point < 0 ? at : point) - first
    const missing = this.#scale - (point < 0 ? 0 : at - point - 1)
    if (whole === 0 || missing < 0 || whole + this.#scale > this.#digits) return false
    if (!isLengthAllowed(rules, at - first)) return false
    cursor.at = at + 1
    this.#cells.set(row, units * 10 ** missing)
    return true
  }
}

class BooleanField implements FieldReader {
  readonly #options: FieldOptions

  constructor(options: FieldOptions) {
    this.#options = options
  }

  read(row: number): boolean {
    const { rules, cells, tools } = this.#options
    const { cursor } = tools
    const first = cursor.source[cursor.at]
    const isBoolean =
      (first === LETTER_T && cursor.skipAll(LITERALS.true)) ||
      (first === LETTER_F && cursor.skipAll(LITERALS.false))
    if (!isBoolean || !rules.allowsBoolean) return false
    cells.set(row, first === LETTER_T)
    return true
  }
}

/**
 * The reader of a column whose kind is the one that the SCHEMA asks for. For another kind, use
 * `ScalarField`.
 */
export function fieldReader(options: FieldOptions): FieldReader {
  const { type, cells } = options
  switch (type.kind) {
    case 'text':
      return new TextField(options)
    case 'json':
      return new JsonField(options)
    case 'number':
      return cells.layout === 'double' ? new DoubleField(options) : new DigitsField(options)
    case 'integer':
      return new IntegerField(options)
    case 'decimal':
      return new DecimalField({ ...options, type })
    case 'boolean':
      return new BooleanField(options)
    case 'date':
      return new DateField(options)
    case 'timestamp':
      return new TimestampField(options)
    case 'time':
      return new ScalarField(options)
  }
}
