/** Reads dates and timestamps from the bytes of their strings. */

import { DateTimeReader } from '../../rfc3339.ts'
import type { Cells, Int64Cells } from '../columns/cells.ts'
import { isLengthAllowed } from '../schema/rules.ts'
import { ScalarField, type FieldOptions } from './scalar-field.ts'

const QUOTE = 34
const reader = new DateTimeReader()

export class DateField extends ScalarField {
  readonly #cells: Cells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells
  }

  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const { source, at } = cursor
    const rules = this.rules.string
    if (!rules || rules.format === 'date-time' || source[at] !== QUOTE) return false
    if (!reader.readDate(source, at + 1) || source[reader.end] !== QUOTE) return false
    if (!isLengthAllowed(rules, reader.end - at - 1)) return false
    cursor.at = reader.end + 1
    this.#cells.set(row, reader.days)
    return true
  }
}

export class TimestampField extends ScalarField {
  readonly #cells: Int64Cells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells as Int64Cells
  }

  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const { source, at } = cursor
    const rules = this.rules.string
    if (!rules || rules.format === 'date' || source[at] !== QUOTE) return false
    if (!reader.readDateTime(source, at + 1) || source[reader.end] !== QUOTE) return false
    const micros = reader.seconds * 1e6 + Math.floor(reader.nanos / 1000)
    if (!Number.isSafeInteger(micros) || !isLengthAllowed(rules, reader.end - at - 1)) return false
    cursor.at = reader.end + 1
    this.#cells.set(row, micros)
    return true
  }
}
