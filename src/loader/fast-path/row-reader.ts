/** Records straight from the bytes of their lines into the cells of a batch, without a value in between. */

import type { Cells } from '../columns/cells.ts'
import type { Coerce } from '../values/coerce.ts'
import type { ColumnType } from '../schema/types.ts'
import { LITERALS } from './cursor.ts'
import { fieldReader } from './fields.ts'
import { ANYTHING, type RecordRules, type ValueRules } from '../schema/rules.ts'
import { ScalarField, type FieldReader, type FieldTools } from './scalar-field.ts'

/** A property and its columns. The first takes the value; more may come while rows are added. */
export interface FastProperty {
  name: string
  /** The type that the SCHEMA asks for. */
  wanted: ColumnType
  isKey: boolean
  /** True where each value has to be reported, which the other way to the cells does. */
  isReported?: boolean
  slots: readonly { type: ColumnType; cells: Cells; coerce: Coerce }[]
}

export interface RowReaderOptions {
  tools: FieldTools
  properties: readonly FastProperty[]
  /** Undefined where records are not checked. */
  rules: RecordRules | undefined
}

interface Field {
  /** `"name":` as it came last. */
  key: Uint8Array
  reader: FieldReader
  slots: FastProperty['slots']
  allowsNull: boolean
  isRequired: boolean
  isKey: boolean
  /** True for what the SCHEMA does not know. */
  isAside: boolean
  /** Number of the record in which it was met last. */
  record: number
  /** The one that came behind it last time. */
  after: Field | undefined
}

const [COMMA, COLON, OPEN, CLOSE, LETTER_N] = [44, 58, 123, 125, 110]
const RESERVED = '_sdc_'
/** With a value it says that the row is gone, whether the SCHEMA knows it or not. */
const DELETED_AT = '_sdc_deleted_at'

/** Reads what no column takes; its rules count nevertheless. */
class IgnoredField implements FieldReader {
  readonly #tools: FieldTools
  readonly #rules: ValueRules

  constructor(tools: FieldTools, rules: ValueRules) {
    this.#tools = tools
    this.#rules = rules
  }

  read(): boolean {
    const { json, scratch } = this.#tools
    json.into(scratch, 0)
    return json.write(this.#rules)
  }
}

/** For values that mean something beside their column. */
const REFUSING: FieldReader = { read: () => false }

export class RowReader {
  /** True when properties that the SCHEMA does not have may be passed over without a word. */
  ignoresUnknown = false
  readonly #tools: FieldTools
  readonly #fields: Field[]
  readonly #byName: Map<string, Field>
  readonly #first: Field
  readonly #unknown: Field
  #record = 0

  constructor({ tools, properties, rules }: RowReaderOptions) {
    this.#tools = tools
    const rulesOf = (name: string) => (rules ? rules.properties.get(name) : undefined) ?? ANYTHING
    const isRequired = (name: string) => rules?.required.has(name) === true
    const byName = new Map<string, Field>()
    for (const property of properties) {
      const { name } = property
      byName.set(name, {
        ...this.#field(name, rulesOf(name), isRequired(name)),
        reader: readerOf(property, tools, rulesOf(name)),
        slots: property.slots,
        isKey: property.isKey,
      })
    }
    for (const [name, rule] of rules?.properties ?? []) {
      if (!byName.has(name)) byName.set(name, this.#field(name, rule, isRequired(name)))
    }
    this.#byName = byName
    this.#fields = [...byName.values()]
    this.#unknown = { ...this.#field('', ANYTHING, false), isAside: true }
    const deleted = byName.get(DELETED_AT) ?? { ...this.#unknown, key: keyOf(DELETED_AT) }
    if (deleted.slots.length === 0) deleted.reader = REFUSING
    byName.set(DELETED_AT, deleted)
    this.#first = this.#field('', ANYTHING, false)
    this.#chain()
  }

  /** Of a property without columns. */
  #field(name: string, rules: ValueRules, isRequired: boolean): Field {
    return {
      key: keyOf(name),
      reader: new IgnoredField(this.#tools, rules),
      slots: [],
      allowsNull: rules.allowsNull,
      isRequired,
      isKey: false,
      isAside: false,
      record: 0,
      after: undefined,
    }
  }

  /** Records mostly have their properties in the SCHEMA's order. */
  #chain(): void {
    let last = this.#first
    for (const field of this.#fields) {
      last.after = field
      last = field
    }
  }

  /**
   * Puts the record at the cursor into the row, and moves behind it. False where reading it as a message might have another result:
   * then the row's cells may be anything. Throws RangeError when the texts of the batch become too long.
   */
  read(row: number): boolean {
    const { cursor } = this.#tools
    const record = ++this.#record
    let met = 0
    let last = this.#first
    if (!cursor.take(OPEN)) return false
    cursor.skipBlanks()
    if (cursor.take(CLOSE)) return this.#readMissing(row)
    for (;;) {
      const field = this.#take(last)
      if (!field || !this.#readValue(field, row)) return false
      if (!field.isAside) {
        if (field.record === record) return false
        field.record = record
        met++
        last = field
      }
      cursor.skipBlanks()
      if (cursor.take(CLOSE)) break
      if (!cursor.take(COMMA)) return false
      cursor.skipBlanks()
    }
    return met === this.#fields.length || this.#readMissing(row)
  }

  /** The field whose key is next; the cursor goes to its value. */
  #take(last: Field): Field | undefined {
    const { cursor } = this.#tools
    let field = last.after
    if (!field || !cursor.takeAll(field.key)) {
      field = this.#find()
      if (field && !field.isAside) last.after = field
    }
    cursor.skipBlanks()
    return field
  }

  #find(): Field | undefined {
    const { cursor, scratch } = this.#tools
    const { source, at } = cursor
    const end = cursor.text(scratch, 0)
    if (end < 0) return undefined
    cursor.skipBlanks()
    if (!cursor.take(COLON)) return undefined
    const name = scratch.toString('utf8', 0, end)
    const field = this.#byName.get(name)
    // The same bytes will mean the same name.
    if (field) field.key = Uint8Array.from(source.subarray(at, cursor.at))
    return field ?? (this.ignoresUnknown && !name.startsWith(RESERVED) ? this.#unknown : undefined)
  }

  #readValue(field: Field, row: number): boolean {
    const { cursor } = this.#tools
    if (cursor.source[cursor.at] === LETTER_N) {
      if (!field.allowsNull || field.isKey || !cursor.takeAll(LITERALS.null)) return false
      setNull(field, row, 0)
      return true
    }
    if (!field.reader.read(row)) return false
    if (field.slots.length > 1) setNull(field, row, 1)
    return true
  }

  #readMissing(row: number): boolean {
    for (const field of this.#fields) {
      if (field.record === this.#record) continue
      if (field.isRequired || field.isKey) return false
      setNull(field, row, 0)
    }
    return true
  }
}

function keyOf(name: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(name)}:`)
}

function setNull({ slots }: Field, row: number, from: number): void {
  for (let at = from; at < slots.length; at++) slots[at]?.cells.set(row, null)
}

function readerOf(property: FastProperty, tools: FieldTools, rules: ValueRules): FieldReader {
  const [slot] = property.slots
  if (!slot || property.isReported) return REFUSING
  const options = { ...slot, rules, tools }
  return slot.type.kind === property.wanted.kind ? fieldReader(options) : new ScalarField(options)
}
