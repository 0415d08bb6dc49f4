/** Rows of one stream that wait for a commit, column by column. The last record of a key wins. */

import type { RecordMessage } from '../singer/messages.ts'
import type { JsonObject, JsonValue } from '../singer/json.ts'
import { coercer, type Coerce, type CoerceContext } from './coerce.ts'
import { variantTypes } from './evolve.ts'
import { deletedAtCell, METADATA_COLUMNS, microsOfText, type MetadataName } from './metadata.ts'
import type { PropertyPlan, StreamPlan, Tables } from './tables.ts'
import type { Cell, Column, ColumnData, Dialect, KeyColumn, WriteStep } from './warehouse.ts'

export interface BatchOptions {
  plan: StreamPlan
  tables: Tables
  dialect: Dialect
  coerce: CoerceContext
  /** False for append-only: then rows with the same key all stay. */
  mergesKeys: boolean
  /** Rows whose record says that it was deleted remove the row with their key. */
  deletesMarked: boolean
  /** When the run began, in milliseconds since the epoch. */
  syncStartedAt: number
  /** When the batch was begun, in milliseconds since the epoch. */
  batchedAt: number
}

interface Slot extends ColumnData {
  coerce: Coerce
}

interface Property {
  plan: PropertyPlan
  isKey: boolean
  /** True for `constructor` and the like, which every object seems to have. */
  isInherited: boolean
  slots: Slot[]
}

/** Begins texts that stand for more than one cell: clean text has no lone surrogate. */
const KEY_MARK = '\ud800'

const OBJECT_MEMBERS = new Set(Object.getOwnPropertyNames(Object.prototype))

/** No two tuples of cells give the same text. */
function tupleText(cells: readonly Cell[]): string {
  return cells
    .map((cell) => {
      const text = String(cell)
      return `${(typeof cell).charAt(0)}${text.length}:${text}`
    })
    .join('')
}

/** Why a record cannot be loaded, without any of its values. */
export interface Rejection {
  reason: string
}

export class Batch {
  readonly #options: BatchOptions
  readonly #properties: Property[]
  readonly #metadata = new Map<MetadataName, ColumnData>()
  readonly #columns: ColumnData[] = []
  readonly #rowByKey = new Map<Cell, number>()
  readonly #keyProperties: Property[]
  #rowCount = 0
  #hasDeleted = false
  #lastExtractedAt: [string | undefined, Cell] = [undefined, null]

  constructor(options: BatchOptions) {
    this.#options = options
    const keys = new Set(options.plan.keyProperties)
    this.#properties = options.plan.properties.map((plan) => this.#property(plan, keys))
    this.#keyProperties = this.#properties.filter((property) => property.isKey)
    this.addMetadata()
  }

  get rowCount(): number {
    return this.#rowCount
  }

  #property(plan: PropertyPlan, keys: ReadonlySet<string>): Property {
    const columns: Column[] = plan.type ? [{ name: plan.column, type: plan.type }] : []
    return {
      plan,
      isKey: keys.has(plan.property),
      isInherited: OBJECT_MEMBERS.has(plan.property),
      slots: [...columns, ...plan.variants].map((column) => this.#slot(plan, column)),
    }
  }

  #slot(plan: PropertyPlan, column: Column): Slot {
    const slot: Slot = {
      ...column,
      cells: Array.from({ length: this.#rowCount }, () => null),
      coerce: coercer(column.type, plan.wanted.kind, this.#options.coerce),
    }
    this.#columns.push(slot)
    return slot
  }

  /** Takes up `_sdc_` columns that were added to the plan; rows so far have null there. */
  addMetadata(): void {
    for (const [name, column] of this.#options.plan.metadata) {
      if (this.#metadata.has(name)) continue
      const cells: Cell[] = Array.from({ length: this.#rowCount }, () => null)
      const data = { name: column, type: METADATA_COLUMNS[name], cells }
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
      slots.every((slot) => slot.cells[row] === null),
    )
    if (missing) return { reason: `key property /${missing.plan.property} is missing or null` }
    this.#writeMetadata(message, receivedAt)
    this.#place(row)
    return undefined
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
      slot.cells[row] = cell ?? null
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
      const slot = this.#slot(plan, tables.addVariant(this.#options.plan, plan, type))
      slot.cells[row] = cell
      slots.push(slot)
      return true
    }
    return false
  }

  #writeMetadata(message: RecordMessage, receivedAt: number): void {
    for (const [name, column] of this.#metadata) {
      column.cells[this.#rowCount] = this.#metadataCell(name, message, receivedAt)
    }
  }

  #metadataCell(name: MetadataName, message: RecordMessage, receivedAt: number): Cell {
    switch (name) {
      case '_sdc_extracted_at':
        return this.#extractedAt(message.time_extracted)
      case '_sdc_received_at':
        return receivedAt * 1000
      case '_sdc_batched_at':
        return this.#options.batchedAt * 1000
      case '_sdc_deleted_at':
        return deletedAtCell(message.record['_sdc_deleted_at'], receivedAt * 1000)
      case '_sdc_sequence':
        return receivedAt
      case '_sdc_table_version':
        return message.version ?? null
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

  /** One cell, or a text for all of them, that no other key of the table gives; the same whatever variant columns come later. */
  #keyOf(row: number): Cell {
    const [first] = this.#keyProperties
    const cell = first?.slots[0]?.cells[row] ?? null
    if (this.#keyProperties.length === 1 && cell !== null) return cell
    const texts = this.#keyProperties.map(({ slots }) => {
      const slot = slots.find(({ cells }) => cells[row] !== null)
      return `${slot?.type.kind ?? ''} ${tupleText([slot?.cells[row] ?? null])}`
    })
    return KEY_MARK + tupleText(texts)
  }

  /** Keeps the row that was written behind the last one, or moves it over the earlier one of the same key. */
  #place(row: number): void {
    const deletedAt = this.#metadata.get('_sdc_deleted_at')
    if (deletedAt && deletedAt.cells[row] !== null) this.#hasDeleted = true
    const isKeyed = this.#options.mergesKeys && this.#keyProperties.length > 0
    const key = isKeyed ? this.#keyOf(row) : null
    const earlier = isKeyed ? this.#rowByKey.get(key) : undefined
    if (earlier === undefined) {
      if (isKeyed) this.#rowByKey.set(key, row)
      this.#rowCount++
      return
    }
    for (const { cells } of this.#columns) cells[earlier] = cells[row] ?? null
  }

  #keyColumns(): KeyColumn[] {
    if (!this.#options.mergesKeys) return []
    return this.#keyProperties.flatMap(({ slots }) =>
      slots.map((slot) => ({ column: slot.name, isNullable: slots.length > 1 })),
    )
  }

  /** The step that writes the rows. The batch must not be used afterwards. */
  seal(): WriteStep {
    const columns = this.#columns.map(({ name, type, cells }) => {
      cells.length = this.#rowCount
      return { name, type, cells }
    })
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
