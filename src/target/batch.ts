/** Rows of one stream that wait for a commit, column by column. The last record of a key wins. */

import type { RecordMessage } from '../singer/messages.ts'
import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { CellStore } from './cell-store.ts'
import type { Cell } from './types.ts'
import { coercer, type Coerce, type CoerceContext } from './coerce.ts'
import type { Envelope, RecordLine } from './direct/record-line.ts'
import { RowReader } from './direct/row-reader.ts'
import type { RecordRules } from './direct/rules.ts'
import { variantTypes } from './evolve.ts'
import { deletedAtCell, METADATA_COLUMNS, microsOfText, type MetadataName } from './metadata.ts'
import { keyCells } from './key-cells.ts'
import { KeyIndex, type KeyCells } from './keys.ts'
import type { PropertyPlan, StreamPlan, Tables } from './tables.ts'
import type { Column, ColumnData, Dialect, KeyColumn, WriteStep } from './warehouse.ts'

export interface BatchOptions {
  plan: StreamPlan
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

/** Why a record cannot be loaded, without any of its values. */
export interface Rejection {
  reason: string
}

export class Batch {
  readonly #options: BatchOptions
  readonly #properties: Property[]
  readonly #metadata = new Map<MetadataName, ColumnData>()
  readonly #columns: ColumnData[] = []
  readonly #keys = new KeyIndex()
  readonly #keyCells: KeyCells[] = []
  readonly #keyProperties: Property[]
  readonly #isKeyed: boolean
  #rowCount = 0
  #hasDeleted = false
  #lastExtractedAt: [string | undefined, Cell] = [undefined, null]
  #rows: RowReader | undefined

  constructor(options: BatchOptions) {
    this.#options = options
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
    for (const [name, column] of this.#options.plan.metadata) {
      if (this.#metadata.has(name)) continue
      const type = METADATA_COLUMNS[name]
      const data = { name: column, type, cells: this.#options.cells.take(type) }
      this.#metadata.set(name, data)
      this.#columns.push(data)
    }
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
    this.#writeMetadata(message, { receivedAt, deletedAt: message.record['_sdc_deleted_at'] })
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
    if (!envelope || (envelope.version !== undefined && !this.#metadata.has('_sdc_table_version')))
      return undefined
    this.#writeMetadata(envelope, { receivedAt, deletedAt: null })
    this.#place(this.#rowCount)
    return envelope
  }

  #rowReader({ tools }: RecordLine): RowReader {
    const properties = this.#properties.map(({ plan, isKey, slots }) => {
      return { name: plan.property, wanted: plan.wanted, isKey, slots }
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
    for (const slot of property.slots) {
      const cell = isPlaced ? undefined : slot.coerce(value as JsonValue)
      if (cell !== undefined) isPlaced = true
      slot.last = cell ?? null
      slot.cells.set(row, slot.last)
    }
    return isPlaced || this.#writeBeside(property, value as JsonValue, row)
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
      return true
    }
    return false
  }

  #writeMetadata(
    envelope: Envelope,
    row: { receivedAt: number; deletedAt: JsonValue | undefined },
  ) {
    for (const [name, column] of this.#metadata) {
      const cell = this.#metadataCell(name, envelope, row)
      if (name === '_sdc_deleted_at' && cell !== null) this.#hasDeleted = true
      column.cells.set(this.#rowCount, cell)
    }
  }

  #metadataCell(
    name: MetadataName,
    envelope: Envelope,
    { receivedAt, deletedAt }: { receivedAt: number; deletedAt: JsonValue | undefined },
  ): Cell {
    switch (name) {
      case '_sdc_extracted_at':
        return this.#extractedAt(envelope.time_extracted)
      case '_sdc_received_at':
        return receivedAt * 1000
      case '_sdc_batched_at':
        return this.#options.batchedAt * 1000
      case '_sdc_deleted_at':
        return deletedAtCell(deletedAt, receivedAt * 1000)
      case '_sdc_sequence':
        return receivedAt
      case '_sdc_table_version':
        return envelope.version ?? null
      case '_sdc_sync_started_at':
        return this.#options.syncStartedAt
    }
  }

  /** Records that were read together carry the same text. */
  #extractedAt(text: string | undefined): Cell {
    if (text === undefined) return null
    if (this.#lastExtractedAt[0] !== text)
      this.#lastExtractedAt = [text, microsOfText(text) ?? null]
    return this.#lastExtractedAt[1]
  }

  /** Keeps the row that was written behind the last one, or moves it over the earlier one of the same key. */
  #place(row: number): void {
    const earlier = this.#isKeyed ? this.#keys.place(row, this.#keyCells) : undefined
    if (earlier === undefined) {
      this.#rowCount++
      return
    }
    for (const { cells } of this.#columns) cells.copy(row, earlier)
  }

  #keyColumns(): KeyColumn[] {
    if (!this.#options.mergesKeys) return []
    return this.#keyProperties.flatMap(({ slots }) =>
      slots.map((slot) => ({ column: slot.name, isNullable: slots.length > 1 })),
    )
  }

  /** The step that writes the rows. The batch must not be used afterwards. */
  seal(): WriteStep {
    const columns = this.#columns.map(({ name, type, cells }) => ({ name, type, cells }))
    const keys = this.#keyColumns()
    const marks = this.#options.deletesMarked && this.#hasDeleted && keys.length > 0
    return {
      kind: 'write',
      table: this.#options.plan.table,
      columns,
      rowCount: this.#rowCount,
      keys,
      deleteWhereSet: marks ? this.#options.plan.metadata.get('_sdc_deleted_at') : undefined,
    }
  }
}
