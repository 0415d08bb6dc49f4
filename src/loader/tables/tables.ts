/**
 * Plans the tables of a run: what exists, what each stream needs, and what the next commit
 * changes.
 */

import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { foldName } from '../../urls/name-folding.ts'
import type { Dialect } from '../dialect.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import { declaredProperties, type PropertyPlan, type TablePlan } from './plan.ts'
import { typeOfSchema, type ColumnType } from '../schema/types.ts'
import type { FoundTable, FoundView, WarehouseReader } from '../warehouse.ts'
import type { Change, Column } from '../commit-unit.ts'
import { ColumnPlanner, type PlanOptions } from './column-planner.ts'
import { CommentPlanner, Descriptions } from './comments.ts'
import { KeyChanges, type PlannedKey } from './key-changes.ts'
import { keyMisfit } from './key-errors.ts'
import { allowsStrings } from './key-rules.ts'
import { KnownTables } from './known-tables.ts'
import { LiveViews } from './live-views.ts'
import { isFilledByLoader, wantedMetadata, type MetadataName } from './metadata.ts'
import { VariantWarnings } from './variant-warnings.ts'

export interface TablesOptions {
  prefix: string
  addsMetadata: boolean
  /** Full names of the tables that the loader keeps for itself. */
  ownTables: readonly string[]
  /** Reads what the ledger remembers of the comments that loads have set, oldest first. */
  readComments: () => Promise<readonly string[]>
  /** The views of the warehouse, if tables get live views. */
  views?: readonly FoundView[] | undefined
  logger: Logger
}

/** Throws INPUT_INVALID for a table with more columns than the database allows. */
function assertWidth(stream: string, width: number, { maxColumns, name }: Dialect): void {
  if (width <= maxColumns) return
  throw new AppError(
    'INPUT_INVALID',
    `The table of stream ${JSON.stringify(stream)} needs ${width} columns; ${name} allows at most ${maxColumns}.`,
    { hint: 'Deselect properties in the tap.' },
  )
}

export class Tables {
  readonly #warehouse: WarehouseReader
  readonly #options: TablesOptions
  readonly #tables: KnownTables
  readonly #keyChanges: KeyChanges
  readonly #columns: ColumnPlanner
  readonly #descriptions: Descriptions
  readonly #views: LiveViews | undefined
  readonly #variantWarnings: VariantWarnings

  constructor(warehouse: WarehouseReader, found: readonly FoundTable[], options: TablesOptions) {
    const { logger } = options
    const tables = new KnownTables(warehouse.dialect, found)
    const keyChanges = new KeyChanges(warehouse)
    this.#warehouse = warehouse
    this.#options = options
    this.#tables = tables
    this.#keyChanges = keyChanges
    this.#columns = new ColumnPlanner({ warehouse, tables, keyChanges, logger })
    const { dialect } = warehouse
    const comments = new CommentPlanner(found, options.readComments)
    this.#descriptions = new Descriptions({ dialect, tables, comments })
    const { views } = options
    this.#views = views && new LiveViews({ dialect, tables, found, views, logger })
    this.#variantWarnings = new VariantWarnings(logger)
  }

  /** Returns the changes since the last call, for the next commit. */
  takeChanges(): Change[] {
    const changes = this.#tables.takeChanges()
    const views = this.#views?.due(changes) ?? []
    this.#views?.noteDone(views)
    return [...changes, ...views]
  }

  get hasChanges(): boolean {
    return this.#tables.hasChanges || (this.#views?.due([]).length ?? 0) > 0
  }

  /**
   * Plans one of the loader's own tables. Columns keep another type where they cannot be widened.
   */
  async planOwnTable(name: string, columns: readonly Column[]): Promise<void> {
    const table = this.#tables.resolveOwnTable(name)
    for (const column of columns) {
      const found = this.#tables.columnsOf(table).find(column.name)
      if (!found) this.#tables.addColumn(table, column)
      else if (found.type?.kind !== column.type.kind)
        await this.#columns.evolve(table, { name: found.name, type: column.type })
    }
  }

  /** Plans the table of a stream. No rows of the stream may be pending under an earlier plan. */
  async plan(message: SchemaMessage, { mergesKeys }: PlanOptions): Promise<TablePlan> {
    const { stream, key_properties: keyProperties } = message
    const table = this.#resolveTable(stream)
    const { addsMetadata } = this.#options
    const declared = declaredProperties(message)
    const names = Object.keys(declared)
    const plan: TablePlan = { stream, table, properties: [], keyProperties, metadata: new Map() }
    const properties = Object.entries(declared).filter(
      ([name]) => !isFilledByLoader(name, addsMetadata),
    )
    const columns = this.#tables.columnsOf(table).resolve(properties.map(([name]) => name))
    const plannedKeys: PlannedKey[] = []
    for (const [property, schema] of properties) {
      const wanted = typeOfSchema(schema, message.schema)
      const column = columns.get(property) ?? property
      const resolved = { stream, table, property, wanted, column, isString: allowsStrings(schema) }
      const isKey = keyProperties.includes(property)
      const planned = await this.#columns.planProperty(resolved, { isKey, mergesKeys })
      plan.properties.push(planned)
      if (isKey && mergesKeys) plannedKeys.push({ ...resolved, ...planned })
    }
    const isNew = (column: string) => this.#tables.isNewColumn(table, column)
    this.#tables.addChanges(await this.#keyChanges.planMoves(plannedKeys, isNew))
    await this.addMetadata(plan, wantedMetadata(names, addsMetadata))
    await this.#descriptions.planStream(plan, message)
    assertWidth(stream, this.#tables.columnsOf(table).size, this.#warehouse.dialect)
    this.#views?.add(table)
    return plan
  }

  /** Adds `_sdc_` columns to a plan that does not have them yet. */
  async addMetadata(plan: TablePlan, names: readonly MetadataName[]): Promise<void> {
    for (const name of names) {
      if (plan.metadata.has(name)) continue
      plan.metadata.set(name, await this.#columns.planMetadata(plan.table, name))
    }
    await this.#descriptions.planMetadata(plan, names)
  }

  /** Adds a variant column to a property, for values that do not fit its own column. */
  addVariant({ table }: TablePlan, property: PropertyPlan, type: ColumnType): Column {
    const variant = property.native
      ? this.#tables.columnsOf(table).pendingVariant(property.column, type)
      : this.#tables.addVariantColumn(table, property.column, type)
    property.variants.push(variant)
    return variant
  }

  /**
   * Warns that a value of the property went to the variant column.
   * Throws WAREHOUSE_FAILED where the property's own column refuses null.
   */
  warnVariantUsed({ table }: TablePlan, property: PropertyPlan, variant: Column): void {
    const { column, requiredType } = property
    if (requiredType !== undefined) throw keyMisfit({ table, column, type: requiredType })
    this.#variantWarnings.note({ table, column, variant: variant.name })
  }

  #resolveTable(stream: string): string {
    const { prefix, ownTables } = this.#options
    const { dialect } = this.#warehouse
    const wanted = foldName(prefix + stream, dialect)
    const isOwn = ownTables.some((name) => foldName(name, dialect) === wanted)
    const isReserved = isOwn || this.#views?.hasName(prefix + stream) === true
    return this.#tables.resolveTable(prefix + stream, isReserved)
  }
}
