/** The tables of the run: what is there, what each stream needs of it, and the changes that the next commit has to make. */

import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import { VariantWarnings, keyComputed, keyMisfit } from './variant-warnings.ts'
import { TableColumns } from './table-columns.ts'
import { broughtAs, evolveColumn, type Evolution } from './evolve.ts'
import { isTextual, KeyChanges, type KeyProperty, type SettledKey } from './key-changes.ts'
import { METADATA_COLUMNS, METADATA_NAMES, isMetadataName, type MetadataName } from './metadata.ts'
import { foldName } from '../../name-folding.ts'
import { NameSpace } from './names.ts'
import {
  declaredProperties,
  type MetadataPlan,
  type PropertyPlan,
  type TablePlan,
} from '../plan.ts'
import type { WarehouseReader } from '../warehouse.ts'
import { typeOfSchema, type ColumnType } from '../schema/types.ts'
import type { Change, Column, FoundColumn, FoundTable } from '../warehouse.ts'

type PropertyWish = Omit<KeyProperty, 'type' | 'variants'>

export interface PlanOptions {
  /** True where rows that are there stay and are found by their keys. */
  mergesKeys: boolean
}

export interface TablesOptions {
  prefix: string
  addsMetadata: boolean
  /** Full names of the tables that loading keeps for itself. */
  ownTables: readonly string[]
  logger: Logger
}

/** Knows every table under the prefix, changes that are not committed yet included. */
export class Tables {
  readonly #warehouse: WarehouseReader
  readonly #options: TablesOptions
  readonly #keys: KeyChanges
  /** By their names as they are spelled in the database. */
  readonly #tables = new Map<string, TableColumns>()
  readonly #names: NameSpace
  readonly #besideLog: VariantWarnings
  #changes: Change[] = []
  /** Columns of the tables that the next commit creates. */
  readonly #created = new Map<string, Column[]>()

  constructor(warehouse: WarehouseReader, found: readonly FoundTable[], options: TablesOptions) {
    this.#warehouse = warehouse
    this.#options = options
    this.#keys = new KeyChanges(warehouse)
    this.#besideLog = new VariantWarnings(options.logger)
    this.#names = new NameSpace(
      warehouse.dialect,
      found.map((table) => table.name),
    )
    for (const table of found) {
      this.#tables.set(table.name, new TableColumns(warehouse.dialect, table.columns))
    }
  }

  /** The changes since the last call, for the next commit. */
  takeChanges(): Change[] {
    const changes = this.#changes
    this.#changes = []
    this.#created.clear()
    return changes
  }

  get hasChanges(): boolean {
    return this.#changes.length > 0
  }

  /** Makes sure that one of loading's own tables exists with these columns, of these types as far as that can be. */
  async planOwnTable(name: string, columns: readonly Column[]): Promise<void> {
    const table = this.#names.find(name) ?? name
    if (!this.#tables.has(table)) this.#createTable(table)
    for (const column of columns) {
      const found = this.#known(table).find(column.name)
      if (!found) this.#addColumn(table, column)
      else if (found.type?.kind !== column.type.kind)
        await this.#evolve(table, { name: found.name, type: column.type })
    }
  }

  /** Plans the table of a stream; nothing of the stream may be waiting under an older plan. */
  async plan(message: SchemaMessage, { mergesKeys }: PlanOptions): Promise<TablePlan> {
    const { addsMetadata } = this.#options
    const table = this.#tableOf(message.stream)
    const declared = declaredProperties(message)
    const plan: TablePlan = {
      stream: message.stream,
      table,
      properties: [],
      keyProperties: message.key_properties,
      metadata: new Map(),
    }
    const isOurs = (name: string) =>
      isMetadataName(name) && (addsMetadata || name === '_sdc_deleted_at')
    const properties = Object.entries(declared).filter(([name]) => !isOurs(name))
    const names = this.#known(table).resolve(properties.map(([name]) => name))
    const keys = new Set(mergesKeys ? message.key_properties : [])
    const keyed: SettledKey[] = []
    for (const [property, schema] of properties) {
      const wanted = typeOfSchema(schema, message.schema)
      const column = names.get(property) ?? property
      const { stream } = plan
      const wish = { stream, table, property, wanted, column, isText: isTextual(schema) }
      const isKey = message.key_properties.includes(property)
      const planned = await this.#planProperty(wish, { isKey, mergesKeys })
      plan.properties.push(planned)
      if (keys.has(property)) keyed.push({ ...wish, ...planned })
    }
    const isNew = (column: string) => this.#isNew(table, column)
    this.#changes.push(...(await this.#keys.settleAll(keyed, isNew)))
    await this.addMetadata(plan, this.#wantedMetadata(new Set(Object.keys(declared))))
    this.#checkWidth(plan)
    return plan
  }

  /** The name of the stream's table, which is created where it is missing. */
  #tableOf(stream: string): string {
    const { prefix, ownTables } = this.#options
    const { dialect } = this.#warehouse
    const own = new Set(ownTables.map((name) => foldName(name, dialect)))
    const wanted = prefix + stream
    const table = this.#names.resolve(wanted, own.has(foldName(wanted, dialect)))
    if (!this.#tables.has(table)) this.#createTable(table)
    return table
  }

  #wantedMetadata(declared: ReadonlySet<string>): MetadataName[] {
    if (this.#options.addsMetadata) return METADATA_NAMES
    if (declared.has('_sdc_deleted_at')) return ['_sdc_deleted_at']
    return declared.size === 0 ? ['_sdc_received_at'] : []
  }

  /** Adds `_sdc_` columns to a plan, where it does not have them yet. */
  async addMetadata(plan: TablePlan, names: readonly MetadataName[]): Promise<void> {
    for (const name of names) {
      if (plan.metadata.has(name)) continue
      plan.metadata.set(name, await this.#planMetadata(plan.table, name))
    }
  }

  async #planMetadata(table: string, name: MetadataName): Promise<MetadataPlan> {
    const type = METADATA_COLUMNS[name]
    const columns = this.#known(table)
    const column = columns.find(name)?.name ?? name
    const wish = evolveColumn(columns.find(name), type, this.#warehouse.dialect)
    if (wish.kind === 'add') this.#addColumn(table, { name, type })
    if (wish.kind === 'add') return { column: name }
    if (wish.kind === 'widen' && wish.to.kind === type.kind) {
      await this.#evolve(table, { name: column, type })
    }
    const found = columns.find(name)
    if (found?.type?.kind === type.kind) return { column }
    const native = found?.native
    if (!native) return { column: this.#variantColumn(table, column, type).name }
    const variant = { name: columns.variantName(column, type.kind), type }
    return { column, foreign: { name: column, native, variants: [variant] } }
  }

  async #planProperty(
    wish: PropertyWish,
    { isKey, mergesKeys }: PlanOptions & { isKey: boolean },
  ): Promise<PropertyPlan> {
    const { table, property, wanted, column: name } = wish
    const columns = this.#known(table)
    const variants = columns.variantsOf(name)
    const key: KeyProperty | undefined =
      isKey && mergesKeys ? { ...wish, type: columns.find(name)?.type, variants } : undefined
    const evolution = await this.#evolve(table, { name, type: wanted, key })
    if (evolution.kind === 'add') this.#addColumn(table, { name, type: wanted })
    const type = evolution.kind === 'add' ? wanted : evolution.type
    if (key && (await this.#keys.needsJson({ ...key, type }))) {
      variants.push(this.#variantColumn(table, name, { kind: 'json' }))
    }
    const plan = { property, wanted, column: name, type, variants }
    const found = columns.find(name)
    if (type) return { ...plan, requiredType: isKey ? requiredTypeOf(found) : undefined }
    if (found?.native) return this.#foreignPlan(wish, plan, found)
    if (isKey) throw keyComputed({ table, column: name })
    return plan
  }

  /** The variant that takes the values comes first. */
  #foreignPlan(
    wish: PropertyWish,
    plan: Omit<PropertyPlan, 'native'>,
    found: FoundColumn,
  ): PropertyPlan {
    const { native } = found
    const first = this.#known(wish.table).pendingVariant(plan.column, broughtAs(found, wish))
    const others = plan.variants.filter(({ name }) => name !== first.name)
    return { ...plan, ...(native && { native }), variants: [first, ...others] }
  }

  /** True where the next commit adds the column. */
  #isNew(table: string, column: string): boolean {
    return (
      this.#created.has(table) ||
      this.#changes.some(
        (change) =>
          change.kind === 'add-column' && change.table === table && change.column.name === column,
      )
    )
  }

  /** Decides, asks the database where it must, and notes the change. */
  async #evolve(
    table: string,
    wish: Column & { key?: KeyProperty | undefined },
  ): Promise<Exclude<Evolution, { kind: 'widen' }>> {
    const found = this.#known(table).find(wish.name)
    const evolution = evolveColumn(found, wish.type, this.#warehouse.dialect)
    if (evolution.kind !== 'widen') return evolution
    const { to } = evolution
    const from = found?.type ?? found?.widensTo
    if (wish.key && from && !(await this.#keys.mayWiden(wish.key, from, to))) {
      return { kind: 'beside', type: found?.type }
    }
    const question = { table, column: wish.name, to, mayStay: found?.type === undefined }
    if (evolution.isGuarded && !(await this.#warehouse.isExact(question))) {
      return { kind: 'beside', type: found?.type }
    }
    this.#changes.push({ kind: 'widen-column', table, column: wish.name, from: found?.type, to })
    const isRequired = found?.isRequired === true
    this.#known(table).set({ name: wish.name, type: to, isRequired })
    this.#options.logger.info('column_widened', 'A column is widened with this batch.', {
      table,
      column: wish.name,
      type: to.kind,
    })
    return { kind: 'keep', type: to }
  }

  /** Adds a column beside the property's own, for values that do not fit into that. */
  addVariant(plan: TablePlan, property: PropertyPlan, type: ColumnType): Column {
    const variant = property.native
      ? this.#known(plan.table).pendingVariant(property.column, type)
      : this.#variantColumn(plan.table, property.column, type)
    property.variants.push(variant)
    return variant
  }

  /** A value of the property went to the variant. Throws where the row cannot be without one in its own column. */
  noteBeside({ table }: TablePlan, property: PropertyPlan, variant: Column): void {
    const { column, requiredType } = property
    if (requiredType !== undefined) throw keyMisfit({ table, column, type: requiredType })
    this.#besideLog.note({ table, column, variant: variant.name })
  }

  #variantColumn(table: string, column: string, type: ColumnType): Column {
    const name = this.#known(table).variantName(column, type.kind)
    if (!this.#known(table).find(name)) this.#addColumn(table, { name, type })
    return { name, type }
  }

  #known(table: string): TableColumns {
    const known = this.#tables.get(table)
    if (!known) throw new Error(`No plan for table ${table}`)
    return known
  }

  #createTable(table: string): void {
    const columns: Column[] = []
    this.#created.set(table, columns)
    this.#changes.push({ kind: 'create-table', table, columns })
    this.#names.add(table)
    this.#tables.set(table, new TableColumns(this.#warehouse.dialect, []))
  }

  /** A new table gets its columns at once, an older one by a change of its own. */
  #addColumn(table: string, column: Column): void {
    this.#known(table).set(column)
    const created = this.#created.get(table)
    if (created) created.push(column)
    else this.#changes.push({ kind: 'add-column', table, column })
  }

  #checkWidth({ table, stream }: TablePlan): void {
    const width = this.#known(table).size
    const { maxColumns, name } = this.#warehouse.dialect
    if (width <= maxColumns) return
    throw new AppError(
      'INPUT_INVALID',
      `The table of stream ${JSON.stringify(stream)} would have ${width} columns; ${name} takes ${maxColumns}.`,
      { hint: 'Deselect properties in the tap.' },
    )
  }
}

/** Of a column that refuses null: the database's name of its type. */
function requiredTypeOf(found: FoundColumn | undefined): string | undefined {
  return found?.isRequired ? (found.native?.name ?? found.type?.kind) : undefined
}
