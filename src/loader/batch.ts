/** Rows of one stream that wait for a commit, column by column. The last record of a key wins. */

import type { RecordMessage } from '../singer/messages.ts'
import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { CellStore } from './columns/cell-store.ts'
import type { Cell } from './schema/types.ts'
import { coercer, type Coerce, type CoerceContext } from './values/coerce.ts'
import type { Envelope, RecordLine } from './fast-path/record-line.ts'
import { RowReader } from './fast-path/row-reader.ts'
import type { RecordRules } from './schema/rules.ts'
import { variantTypes } from './tables/evolve.ts'
import { MetadataCells } from './columns/metadata-cells.ts'
import { keyCells } from './columns/key-cells.ts'
import { KeyIndex, type KeyCells } from './columns/keys.ts'
import type { PropertyPlan, TablePlan } from './plan.ts'
import type { Tables } from './tables/tables.ts'
import type { Column, ColumnData, ForeignColumn, KeyColumn, WriteStep } from './warehouse.ts'
import type { Dialect } from './dialect.ts'

export interface BatchOptions {
  plan: TablePlan
  tables: Tables
  dialect: Dialect
  cells: CellStore
  coerce: CoerceContext
  /** False for append-only: then rows with the same key all stay. */
  mergesKeys: boolean
  /** Rows whose record says that it was deleted remove the row with their key. */
  deletesMarked: boolean
  /** When the run began, in milliseconds since the epoch. */
  syncStartedAt: number
  /** When the batch was begun, in milliseconds since the epoch. */
  batchedAt: number
  /** For records that are read from their bytes; undefined where they are not checked. */
  rules: RecordRules | undefined
  /** Whether properties that the SCHEMA does not have may be passed over without a word. */
  ignoresUnknown: () => boolean
}

interface Slot extends ColumnData {
  coerce: Coerce
  /** The cell of the row that was written last. */
  last: Cell
}

interface Property {
  plan: PropertyPlan
  isKey: boolean
  /** True for `constructor` and the like, which every object seems to have. */
  isInherited: boolean
  slots: Slot[]
}

const OBJECT_MEMBERS = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Nothing can be written into the column. */
function isComputed({ type, native }: PropertyPlan): boolean {
  return !type && !native
}

/** Why a record cannot be loaded, without any of its values. */
export interface Rejection {
  reason: string
}

export class Batch {
  readonly #options: BatchOptions
  readonly #properties: Property[]
  readonly #metadata: MetadataCells
  readonly #foreign: ForeignColumn[] = []
  readonly #columns: ColumnData[] = []
  readonly #keys = new KeyIndex()
  readonly #keyCells: KeyCells[] = []
  readonly #keyProperties: Property[]
  readonly #isKeyed: boolean
  #rowCount = 0
  #rows: RowReader | undefined

  constructor(options: BatchOptions) {
    this.#options = options
    this.#metadata = new MetadataCells(options)
    const keys = new Set(options.plan.keyProperties)
    this.#isKeyed = options.mergesKeys && keys.size > 0
    this.#properties = options.plan.properties.map((plan) => this.#property(plan, keys))
    this.#keyProperties = this.#properties.filter((property) => property.isKey)
    this.addMetadata()
  }

  get rowCount(): number {
    return this.#rowCount
  }

  #property(plan: PropertyPlan, keys: ReadonlySet<string>): Property {
    const columns: Column[] = plan.type ? [{ name: plan.column, type: plan.type }] : []
    const isKey = keys.has(plan.property)
    const { column: name, native, variants } = plan
    if (native) this.#foreign.push({ name, native, variants })
    return {
      plan,
      isKey,
      isInherited: OBJECT_MEMBERS.has(plan.property),
      slots: [...columns, ...plan.variants].map((column) => this.#slot(plan, column, isKey)),
    }
  }

  #slot(plan: PropertyPlan, column: Column, isKey: boolean): Slot {
    const slot: Slot = {
      ...column,
      cells: this.#options.cells.take(column.type),
      coerce: coercer(column.type, plan.wanted.kind, this.#options.coerce),
      last: null,
    }
    this.#columns.push(slot)
    if (isKey) this.#keyCells.push(keyCells(column.type, slot.cells, this.#options.dialect))
    return slot
  }

  /** Takes up `_sdc_` columns that were added to the plan; rows so far have null there. */
  addMetadata(): void {
    const { columns, foreign } = this.#metadata.add(this.#options.plan)
    this.#columns.push(...columns)
    this.#foreign.push(...foreign)
  }

  /**
   * Adds the record, or says why it cannot be loaded, and then nothing of it is.
   * @param receivedAt milliseconds since the epoch.
   */
  add(message: RecordMessage, receivedAt: number): Rejection | undefined {
    const row = this.#rowCount
    for (const property of this.#properties) {
      if (!this.#write(property, message.record, row)) {
        return {
          reason: `/${property.plan.property} does not fit the type ${property.plan.wanted.kind}`,
        }
      }
    }
    const missing = this.#keyProperties.find(({ slots }) =>
      slots.every((slot) => slot.last === null),
    )
    if (missing) return { reason: `key property /${missing.plan.property} is missing or null` }
    this.#metadata.write(this.#rowCount, message, {
      receivedAt,
      deletedAt: message.record['_sdc_deleted_at'],
    })
    this.#place(row)
    return undefined
  }

  /**
   * Adds the record of the line that is open, and returns what the line says beside it; undefined, and nothing is added, where the line
   * has to be read as a message. Throws RangeError when the batch's texts become too long.
   */
  addLine(line: RecordLine, receivedAt: number): Envelope | undefined {
    this.#rows ??= this.#rowReader(line)
    this.#rows.ignoresUnknown = this.#options.ignoresUnknown()
    if (!this.#rows.read(this.#rowCount)) return undefined
    const envelope = line.close()
    if (!envelope || (envelope.version !== undefined && !this.#metadata.hasVersion))
      return undefined
    this.#metadata.write(this.#rowCount, envelope, { receivedAt, deletedAt: null })
    this.#place(this.#rowCount)
    return envelope
  }

  #rowReader({ tools }: RecordLine): RowReader {
    const properties = this.#properties.map(({ plan, isKey, slots }) => {
      const isReported = isComputed(plan)
      return { name: plan.property, wanted: plan.wanted, isKey, isReported, slots }
    })
    return new RowReader({ tools, properties, rules: this.#options.rules })
  }

  #valueOf(property: Property, record: JsonObject): JsonValue | undefined {
    const name = property.plan.property
    return property.isInherited && !Object.hasOwn(record, name) ? undefined : record[name]
  }

  #write(property: Property, record: JsonObject, row: number): boolean {
    const value = this.#valueOf(property, record)
    let isPlaced = value === null || value === undefined
    for (const [at, slot] of property.slots.entries()) {
      const cell = isPlaced ? undefined : slot.coerce(value as JsonValue)
      if (cell !== undefined) {
        isPlaced = true
        this.#noteSlot(property, slot, at)
      }
      slot.last = cell ?? null
      slot.cells.set(row, slot.last)
    }
    return isPlaced || this.#writeBeside(property, value as JsonValue, row)
  }

  /** A foreign column is tried by the database, which then says what went beside. */
  #noteSlot({ plan }: Property, slot: Slot, at: number): void {
    const isBeside = plan.type ? at > 0 : isComputed(plan)
    if (isBeside) this.#options.tables.warnVariantUsed(this.#options.plan, plan, slot)
  }

  /** For a value that fits into none of the property's columns: adds the first kind of column that holds it. */
  #writeBeside(property: Property, value: JsonValue, row: number): boolean {
    const { plan, slots } = property
    const { tables, dialect } = this.#options
    for (const type of variantTypes(plan.wanted, dialect)) {
      if (slots.some((slot) => slot.type.kind === type.kind)) continue
      const cell = coercer(type, plan.wanted.kind, this.#options.coerce)(value)
      if (cell === undefined) continue
      const slot = this.#slot(
        plan,
        tables.addVariant(this.#options.plan, plan, type),
        property.isKey,
      )
      slot.last = cell
      slot.cells.set(row, cell)
      slots.push(slot)
      this.#noteSlot(property, slot, slots.length - 1)
      return true
    }
    return false
  }

  /** Keeps the row that was written behind the last one, or moves it over the earlier one of the same key. */
  #place(row: number): void {
    const earlier = this.#isKeyed ? this.#keys.findOrAdd(row, this.#keyCells) : undefined
    if (earlier === undefined) {
      this.#rowCount++
      return
    }
    for (const { cells } of this.#columns) cells.copy(row, earlier)
  }

  #keyColumns(): KeyColumn[] {
    if (!this.#options.mergesKeys) return []
    return this.#keyProperties.flatMap(({ plan, slots }) =>
      plan.native
        ? [{ column: plan.column, isNullable: false }]
        : slots.map((slot) => ({ column: slot.name, isNullable: slots.length > 1 })),
    )
  }

  /** With the variants that this batch has: later ones may add more. */
  #foreignColumns(): ForeignColumn[] {
    const names = new Set(this.#columns.map(({ name }) => name))
    return this.#foreign.map((column) => {
      return { ...column, variants: column.variants.filter(({ name }) => names.has(name)) }
    })
  }

  /** The step that writes the rows. The batch must not be used afterwards. */
  seal(): WriteStep {
    const columns = this.#columns.map(({ name, type, cells }) => ({ name, type, cells }))
    const keys = this.#keyColumns()
    const marks = this.#options.deletesMarked && this.#metadata.hasDeleted && keys.length > 0
    return {
      kind: 'write',
      table: this.#options.plan.table,
      columns,
      ...(this.#foreign.length > 0 && { foreign: this.#foreignColumns() }),
      rowCount: this.#rowCount,
      keys,
      deleteWhereSet: marks
        ? this.#options.plan.metadata.get('_sdc_deleted_at')?.column
        : undefined,
    }
  }
}
