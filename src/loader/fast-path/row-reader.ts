/** Reads a record from its bytes into the column buffers of a batch. */

import { LITERALS } from './cursor.ts'
import {
  recordFields,
  type Field,
  type RecordFields,
  type RecordFieldsOptions,
} from './record-fields.ts'
import type { FieldTools } from './scalar-field.ts'

const [COMMA, COLON, OPEN, CLOSE, LETTER_N] = [44, 58, 123, 125, 110]
const RESERVED = '_sdc_'

export class RowReader {
  /** Whether properties that the SCHEMA does not declare may be skipped. */
  skipsUndeclared = false
  readonly #tools: FieldTools
  readonly #fields: RecordFields
  /** Counts the records, to find properties that are missing or repeated. */
  #record = 0

  constructor(options: RecordFieldsOptions) {
    this.#tools = options.tools
    this.#fields = recordFields(options)
  }

  /**
   * Reads the record at the cursor into the row. Returns false if the slow path might have another
   * result; then the cells of the row are undefined. Throws RangeError if the strings of the batch
   * become too long.
   */
  read(row: number): boolean {
    const { cursor } = this.#tools
    const record = ++this.#record
    let readCount = 0
    let last = this.#fields.start
    if (!cursor.skip(OPEN)) return false
    cursor.skipWhitespace()
    if (cursor.skip(CLOSE)) return this.#readMissing(row)
    for (;;) {
      const field = this.#readKey(last)
      if (!field || !this.#readValue(field, row)) return false
      if (!field.isUndeclared) {
        if (field.record === record) return false
        field.record = record
        readCount++
        last = field
      }
      cursor.skipWhitespace()
      if (cursor.skip(CLOSE)) break
      if (!cursor.skip(COMMA)) return false
      cursor.skipWhitespace()
    }
    return readCount === this.#fields.declared.length || this.#readMissing(row)
  }

  /** Reads the next key and its colon. Undefined for a key that needs the slow path. */
  #readKey(last: Field): Field | undefined {
    const { cursor } = this.#tools
    let field = last.next
    if (!field || !cursor.skipAll(field.key)) {
      field = this.#findField()
      if (field && !field.isUndeclared) last.next = field
    }
    cursor.skipWhitespace()
    return field
  }

  #findField(): Field | undefined {
    const { cursor, scratch } = this.#tools
    const { source, at } = cursor
    const end = cursor.string(scratch, 0)
    if (end < 0) return undefined
    cursor.skipWhitespace()
    if (!cursor.skip(COLON)) return undefined
    const name = scratch.toString('utf8', 0, end)
    const field = this.#fields.byName.get(name)
    // The next record probably spells the key in the same way.
    if (field) field.key = Uint8Array.from(source.subarray(at, cursor.at))
    return (
      field ??
      (this.skipsUndeclared && !name.startsWith(RESERVED) ? this.#fields.undeclared : undefined)
    )
  }

  #readValue(field: Field, row: number): boolean {
    const { cursor } = this.#tools
    if (cursor.source[cursor.at] === LETTER_N) {
      if (!field.allowsNull || field.isKey || !cursor.skipAll(LITERALS.null)) return false
      setNull(field, row, 0)
      return true
    }
    if (!field.reader.read(row)) return false
    if (field.slots.length > 1) setNull(field, row, 1)
    return true
  }

  #readMissing(row: number): boolean {
    for (const field of this.#fields.declared) {
      if (field.record === this.#record) continue
      if (field.isRequired || field.isKey) return false
      setNull(field, row, 0)
    }
    return true
  }
}

function setNull({ slots }: Field, row: number, from: number): void {
  for (let at = from; at < slots.length; at++) slots[at]?.cells.set(row, null)
}
