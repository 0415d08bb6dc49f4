/** Writes the values of a record into the column buffers of a batch. */

import type { JsonObject, JsonValue } from '../../singer/json.ts'
import type { CellStore } from '../columns/cell-store.ts'
import { keyCells } from '../columns/key-cells.ts'
import type { KeyCells } from '../columns/keys.ts'
import type { Dialect } from '../dialect.ts'
import type { PropertyPlan, TablePlan } from '../tables/plan.ts'
import type { Cell } from '../schema/types.ts'
import { variantTypes } from '../tables/evolve.ts'
import type { Tables } from '../tables/tables.ts'
import { coercer, type Coerce, type CoerceContext } from '../values/coerce.ts'
import type { Column, ColumnData, ForeignColumn } from '../commit-unit.ts'

export interface RowWriterOptions {
  plan: TablePlan
  tables: Tables
  dialect: Dialect
  cells: CellStore
  coerce: CoerceContext
}

/** One column of a property. */
export interface ColumnSlot extends ColumnData {
  coerce: Coerce
  /** The cell of the row that was written last. */
  last: Cell
}

/** A property of the SCHEMA with its columns: its own column first, then its variant columns. */
export interface PropertySlots {
  plan: PropertyPlan
  isKey: boolean
  /** True for `constructor` and other names that every object inherits. */
  isInherited: boolean
  /** More may be added while rows are written. */
  slots: ColumnSlot[]
}

const OBJECT_MEMBERS = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Whether the database computes the column, so that nothing can be written into it. */
function isComputed({ type, native }: PropertyPlan): boolean {
  return !type && !native
}

function valueOf({ plan, isInherited }: PropertySlots, record: JsonObject): JsonValue | undefined {
  return isInherited && !Object.hasOwn(record, plan.property) ? undefined : record[plan.property]
}

export class RowWriter {
  readonly properties: readonly PropertySlots[]
  readonly keyProperties: readonly PropertySlots[]
  /** All columns, in the order in which they were added. */
  readonly columns: ColumnData[] = []
  /** The columns of the key, as the database compares them. */
  readonly keyCells: KeyCells[] = []
  readonly #options: RowWriterOptions
  readonly #foreign: ForeignColumn[] = []

  constructor(options: RowWriterOptions) {
    this.#options = options
    const keys = new Set(options.plan.keyProperties)
    this.properties = options.plan.properties.map((plan) => this.#addProperty(plan, keys))
    this.keyProperties = this.properties.filter(({ isKey }) => isKey)
  }

  #addProperty(plan: PropertyPlan, keys: ReadonlySet<string>): PropertySlots {
    const own: Column[] = plan.type ? [{ name: plan.column, type: plan.type }] : []
    const isKey = keys.has(plan.property)
    const { column: name, native, variants } = plan
    if (native) this.#foreign.push({ name, native, variants })
    return {
      plan,
      isKey,
      isInherited: OBJECT_MEMBERS.has(plan.property),
      slots: [...own, ...variants].map((column) => this.#addSlot(plan, column, isKey)),
    }
  }

  #addSlot(plan: PropertyPlan, column: Column, isKey: boolean): ColumnSlot {
    const { cells, coerce, dialect } = this.#options
    const slot: ColumnSlot = {
      ...column,
      cells: cells.take(column.type),
      coerce: coercer(column.type, plan.wanted.kind, coerce),
      last: null,
    }
    this.columns.push(slot)
    if (isKey) this.keyCells.push(keyCells(column.type, slot.cells, dialect))
    return slot
  }

  /** Adds columns whose cells somebody else writes. */
  addColumns(columns: readonly ColumnData[], foreign: readonly ForeignColumn[]): void {
    this.columns.push(...columns)
    this.#foreign.push(...foreign)
  }

  /** Writes the record's values; returns why it cannot be loaded, and then the row is undefined. */
  write(record: JsonObject, row: number): string | undefined {
    for (const property of this.properties) {
      if (!this.#writeValue(property, valueOf(property, record), row))
        return `/${property.plan.property} does not fit the type ${property.plan.wanted.kind}`
    }
    for (const { plan, slots } of this.keyProperties) {
      if (slots.every((slot) => slot.last === null))
        return `key property /${plan.property} is missing or null`
    }
    return undefined
  }

  /** Writes the value into the first column that holds it, and null into the others. */
  #writeValue(property: PropertySlots, value: JsonValue | undefined, row: number): boolean {
    let isWritten = value === null || value === undefined
    for (const [at, slot] of property.slots.entries()) {
      const cell = isWritten ? undefined : slot.coerce(value as JsonValue)
      if (cell !== undefined) {
        isWritten = true
        this.#noteSlot(property, slot, at)
      }
      slot.last = cell ?? null
      slot.cells.set(row, slot.last)
    }
    return isWritten || this.#writeVariant(property, value as JsonValue, row)
  }

  /** Reports values in variant columns. Those of a foreign column are reported by the database. */
  #noteSlot({ plan }: PropertySlots, slot: ColumnSlot, at: number): void {
    const isVariant = plan.type ? at > 0 : isComputed(plan)
    if (isVariant) this.#options.tables.warnVariantUsed(this.#options.plan, plan, slot)
  }

  /** Adds a variant column for a value that none of the columns holds. False if no type does. */
  #writeVariant(property: PropertySlots, value: JsonValue, row: number): boolean {
    const { plan, slots, isKey } = property
    const { tables, dialect, coerce } = this.#options
    for (const type of variantTypes(plan.wanted, dialect)) {
      if (slots.some((slot) => slot.type.kind === type.kind)) continue
      const cell = coercer(type, plan.wanted.kind, coerce)(value)
      if (cell === undefined) continue
      const column = tables.addVariant(this.#options.plan, plan, type)
      const slot = this.#addSlot(plan, column, isKey)
      slot.last = cell
      slot.cells.set(row, cell)
      slots.push(slot)
      this.#noteSlot(property, slot, slots.length - 1)
      return true
    }
    return false
  }

  copyRow(from: number, to: number): void {
    for (const { cells } of this.columns) cells.copy(from, to)
  }

  /** Foreign columns with the variants of this batch only: later batches may add more. */
  foreignColumns(): ForeignColumn[] {
    const names = new Set(this.columns.map(({ name }) => name))
    return this.#foreign.map((column) => ({
      ...column,
      variants: column.variants.filter(({ name }) => names.has(name)),
    }))
  }
}
