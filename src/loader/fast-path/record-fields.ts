/** The fields of a stream's records: how the value of each property is read. */

import type { Cells } from '../columns/cells.ts'
import { ANYTHING, type RecordRules, type ValueRules } from '../schema/rules.ts'
import type { ColumnType } from '../schema/types.ts'
import type { Coerce } from '../values/coerce.ts'
import { fieldReader } from './fields.ts'
import { ScalarField, type FieldReader, type FieldTools } from './scalar-field.ts'

/** A property with its columns. The first takes the value. More may be added between rows. */
export interface FastProperty {
  name: string
  /** The type that the SCHEMA asks for. */
  wanted: ColumnType
  isKey: boolean
  /** True if each value has to be reported, which only the slow path does. */
  isReported?: boolean
  slots: readonly { type: ColumnType; cells: Cells; coerce: Coerce }[]
}

export interface RecordFieldsOptions {
  tools: FieldTools
  properties: readonly FastProperty[]
  rules: RecordRules
}

export interface Field {
  /** `"name":` as it was spelled last. */
  key: Uint8Array
  reader: FieldReader
  slots: FastProperty['slots']
  allowsNull: boolean
  isRequired: boolean
  isKey: boolean
  /** True for a property that the SCHEMA does not declare. */
  isUndeclared: boolean
  /** Number of the record that had the property last. */
  record: number
  /** The field that followed this one in the last record. */
  next: Field | undefined
}

/** With a value it says that the row was deleted, whether the SCHEMA declares it or not. */
const DELETED_AT = '_sdc_deleted_at'

/** Checks and skips a value that has no column. */
class SkippedField implements FieldReader {
  readonly #tools: FieldTools
  readonly #rules: ValueRules

  constructor(tools: FieldTools, rules: ValueRules) {
    this.#tools = tools
    this.#rules = rules
  }

  read(): boolean {
    const { json, scratch } = this.#tools
    json.writeTo(scratch, 0)
    return json.write(this.#rules)
  }
}

/** For values that only the slow path handles. */
const REFUSING: FieldReader = { read: () => false }

function keyOf(name: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(name)}:`)
}

/** A field without columns. */
function skippedField(
  name: string,
  tools: FieldTools,
  { rules, isRequired }: { rules: ValueRules; isRequired: boolean },
): Field {
  return {
    key: keyOf(name),
    reader: new SkippedField(tools, rules),
    slots: [],
    allowsNull: rules.allowsNull,
    isRequired,
    isKey: false,
    isUndeclared: false,
    record: 0,
    next: undefined,
  }
}

function readerOf(property: FastProperty, tools: FieldTools, rules: ValueRules): FieldReader {
  const [slot] = property.slots
  if (!slot || property.isReported) return REFUSING
  const options = { ...slot, rules, tools }
  return slot.type.kind === property.wanted.kind ? fieldReader(options) : new ScalarField(options)
}

/** All fields of a stream, in the order of the SCHEMA. */
export interface RecordFields {
  declared: readonly Field[]
  byName: ReadonlyMap<string, Field>
  /** For any property that the SCHEMA does not declare. */
  undeclared: Field
  /** Comes before the first property: its `next` is the first field of the last record. */
  start: Field
}

export function recordFields({ tools, properties, rules }: RecordFieldsOptions): RecordFields {
  const checks = (name: string) => ({
    rules: rules.properties.get(name) ?? ANYTHING,
    isRequired: rules.required.has(name),
  })
  const byName = new Map<string, Field>()
  for (const property of properties) {
    const { name, slots, isKey } = property
    const check = checks(name)
    const reader = readerOf(property, tools, check.rules)
    byName.set(name, { ...skippedField(name, tools, check), reader, slots, isKey })
  }
  for (const name of rules.properties.keys()) {
    if (!byName.has(name)) byName.set(name, skippedField(name, tools, checks(name)))
  }
  const declared = [...byName.values()]
  const anything = { rules: ANYTHING, isRequired: false }
  const undeclared = { ...skippedField('', tools, anything), isUndeclared: true }
  const deleted = byName.get(DELETED_AT) ?? { ...undeclared, key: keyOf(DELETED_AT) }
  if (deleted.slots.length === 0) deleted.reader = REFUSING
  byName.set(DELETED_AT, deleted)
  const start = skippedField('', tools, anything)
  // Records mostly have their properties in the order of the SCHEMA.
  for (const [at, field] of [start, ...declared].entries()) field.next = declared[at]
  return { declared, byName, undeclared, start }
}
