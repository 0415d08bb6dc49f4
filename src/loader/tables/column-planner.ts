/**
 * Plans the columns of one table: asks the database where `evolve.ts` needs an answer, and records
 * the changes.
 */

import type { Logger } from '../../logger.ts'
import type { MetadataPlan, PropertyPlan } from './plan.ts'
import type { FoundColumn, WarehouseReader } from '../warehouse.ts'
import type { Column } from '../commit-unit.ts'
import { evolveColumn, foreignInputType, type Evolution } from './evolve.ts'
import type { KeyChanges } from './key-changes.ts'
import { keyComputed } from './key-errors.ts'
import type { KeyProperty } from './key-rules.ts'
import type { KnownTables } from './known-tables.ts'
import { METADATA_COLUMNS, type MetadataName } from './metadata.ts'

/** A property of a SCHEMA and the column that was resolved for it. */
export type PropertyColumn = Omit<KeyProperty, 'type' | 'variants'>

export interface PlanOptions {
  /** True where existing rows stay and are found by their keys. */
  mergesKeys: boolean
}

export interface ColumnPlannerOptions {
  warehouse: WarehouseReader
  tables: KnownTables
  keyChanges: KeyChanges
  logger: Logger
}

export class ColumnPlanner {
  readonly #warehouse: WarehouseReader
  readonly #tables: KnownTables
  readonly #keyChanges: KeyChanges
  readonly #logger: Logger

  constructor({ warehouse, tables, keyChanges, logger }: ColumnPlannerOptions) {
    this.#warehouse = warehouse
    this.#tables = tables
    this.#keyChanges = keyChanges
    this.#logger = logger
  }

  /** Decides what happens to the column, and records a widening. */
  async evolve(
    table: string,
    wanted: Column & { key?: KeyProperty | undefined },
  ): Promise<Exclude<Evolution, { kind: 'widen' }>> {
    const { name: column, type, key } = wanted
    const found = this.#tables.columnsOf(table).find(column)
    const evolution = evolveColumn(found, type, this.#warehouse.dialect)
    if (evolution.kind !== 'widen') return evolution
    const { to } = evolution
    const from = found?.type ?? found?.widensTo
    if (key && from && !(await this.#keyChanges.canWiden(key, from, to))) {
      return { kind: 'variant', type: found?.type }
    }
    const mayStay = found?.type === undefined
    if (evolution.isGuarded && !(await this.#warehouse.isExact({ table, column, to, mayStay }))) {
      return { kind: 'variant', type: found?.type }
    }
    this.#tables.widenColumn(table, column, to)
    this.#logger.info('column_widened', 'Widening a column with the next commit.', {
      table,
      column,
      type: to.kind,
    })
    return { kind: 'keep', type: to }
  }

  async planMetadata(table: string, name: MetadataName): Promise<MetadataPlan> {
    const type = METADATA_COLUMNS[name]
    const columns = this.#tables.columnsOf(table)
    const column = columns.find(name)?.name ?? name
    const evolution = evolveColumn(columns.find(name), type, this.#warehouse.dialect)
    if (evolution.kind === 'add') {
      this.#tables.addColumn(table, { name, type })
      return { column: name }
    }
    if (evolution.kind === 'widen' && evolution.to.kind === type.kind) {
      await this.evolve(table, { name: column, type })
    }
    const found = columns.find(name)
    if (found?.type?.kind === type.kind) return { column }
    const native = found?.native
    if (!native) return { column: this.#tables.addVariantColumn(table, column, type).name }
    const variant = { name: columns.variantName(column, type.kind), type }
    return { column, foreign: { name: column, native, variants: [variant] } }
  }

  /** Throws WAREHOUSE_FAILED where a key cannot keep its rows. */
  async planProperty(
    property: PropertyColumn,
    { isKey, mergesKeys }: PlanOptions & { isKey: boolean },
  ): Promise<PropertyPlan> {
    const { table, wanted, column: name } = property
    const columns = this.#tables.columnsOf(table)
    const variants = columns.variantsOf(name)
    const key: KeyProperty | undefined =
      isKey && mergesKeys ? { ...property, type: columns.find(name)?.type, variants } : undefined
    const evolution = await this.evolve(table, { name, type: wanted, key })
    if (evolution.kind === 'add') this.#tables.addColumn(table, { name, type: wanted })
    const type = evolution.kind === 'add' ? wanted : evolution.type
    if (key && (await this.#keyChanges.needsJson({ ...key, type }))) {
      variants.push(this.#tables.addVariantColumn(table, name, { kind: 'json' }))
    }
    const plan = { property: property.property, wanted, column: name, type, variants }
    const found = columns.find(name)
    if (type) return { ...plan, requiredType: isKey ? requiredTypeOf(found) : undefined }
    if (found?.native) return this.#planForeign(property, plan, found)
    if (isKey) throw keyComputed({ table, column: name })
    return plan
  }

  /** Puts the variant column that receives the values first. */
  #planForeign(
    property: PropertyColumn,
    plan: Omit<PropertyPlan, 'native'>,
    found: FoundColumn,
  ): PropertyPlan {
    const { native } = found
    const type = foreignInputType(found, property)
    const first = this.#tables.columnsOf(property.table).pendingVariant(plan.column, type)
    const others = plan.variants.filter(({ name }) => name !== first.name)
    return { ...plan, ...(native && { native }), variants: [first, ...others] }
  }
}

/**
 * The database's name for the type of a column that refuses null; undefined for any other column.
 */
function requiredTypeOf(found: FoundColumn | undefined): string | undefined {
  return found?.isRequired ? (found.native?.name ?? found.type?.kind) : undefined
}
