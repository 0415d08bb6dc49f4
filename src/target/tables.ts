/** The tables of the run: what is there, what each stream needs of it, and the changes that the next commit has to make. */

import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { isJsonObject } from '../singer/json.ts'
import type { SchemaMessage } from '../singer/messages.ts'
import { evolveColumn, type Evolution } from './evolve.ts'
import { METADATA_COLUMNS, METADATA_NAMES, isMetadataName, type MetadataName } from './metadata.ts'
import { NameSpace, isVariantOfAnother, variantName } from './names.ts'
import type { Questions } from './retry.ts'
import { typeOfSchema, type ColumnType } from './types.ts'
import type { Change, Column, FoundColumn, FoundTable } from './warehouse.ts'

/** Where the values of one property go. */
export interface PropertyPlan {
  property: string
  wanted: ColumnType
  column: string
  /** Undefined where the column is of a foreign type, into which nothing is written. */
  type: ColumnType | undefined
  /** Columns beside it that exist. */
  variants: Column[]
}

export interface StreamPlan {
  stream: string
  table: string
  properties: PropertyPlan[]
  keyProperties: string[]
  /** `_sdc_` columns that the table has for this run, by their name in the protocol. */
  metadata: Map<MetadataName, string>
}

interface KnownTable {
  columns: Map<string, FoundColumn>
  names: NameSpace
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
  readonly #warehouse: Questions
  readonly #options: TablesOptions
  readonly #tables = new Map<string, KnownTable>()
  readonly #names: NameSpace
  #changes: Change[] = []
  /** Columns of the tables that the next commit creates. */
  readonly #created = new Map<string, Column[]>()

  constructor(warehouse: Questions, found: readonly FoundTable[], options: TablesOptions) {
    this.#warehouse = warehouse
    this.#options = options
    this.#names = new NameSpace(
      warehouse.dialect,
      found.map((table) => table.name),
    )
    for (const table of found) {
      this.#tables.set(table.name, this.#knownTable(table.columns))
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

  /** Makes sure that one of loading's own tables exists with these columns. */
  planOwnTable(table: string, columns: readonly Column[]): void {
    if (!this.#tables.has(table)) this.#createTable(table)
    for (const column of columns) {
      if (!this.#tables.get(table)?.columns.has(column.name)) this.#addColumn(table, column)
    }
  }

  /** Plans the table of a stream; nothing of the stream may be waiting under an older plan. */
  async plan(message: SchemaMessage): Promise<StreamPlan> {
    const { prefix, ownTables, addsMetadata } = this.#options
    const wantedName = prefix + message.stream
    const table = this.#names.resolve(wantedName, ownTables.includes(wantedName))
    if (!this.#tables.has(table)) this.#createTable(table)
    const declared = isJsonObject(message.schema['properties']) ? message.schema['properties'] : {}
    const plan: StreamPlan = {
      stream: message.stream,
      table,
      properties: [],
      keyProperties: message.key_properties,
      metadata: new Map(),
    }
    const names = new Set(Object.keys(declared))
    for (const [property, schema] of Object.entries(declared)) {
      const isOurs = isMetadataName(property) && (addsMetadata || property === '_sdc_deleted_at')
      if (isOurs) continue
      const wanted = typeOfSchema(schema, message.schema)
      plan.properties.push(await this.#planProperty(table, { property, wanted, names }))
    }
    await this.addMetadata(plan, this.#wantedMetadata(names))
    this.#checkWidth(plan)
    return plan
  }

  #wantedMetadata(declared: ReadonlySet<string>): MetadataName[] {
    if (this.#options.addsMetadata) return METADATA_NAMES
    if (declared.has('_sdc_deleted_at')) return ['_sdc_deleted_at']
    return declared.size === 0 ? ['_sdc_received_at'] : []
  }

  /** Adds `_sdc_` columns to a plan, where it does not have them yet. */
  async addMetadata(plan: StreamPlan, names: readonly MetadataName[]): Promise<void> {
    for (const name of names) {
      if (plan.metadata.has(name)) continue
      const column = await this.#metadataColumn(plan.table, name)
      plan.metadata.set(name, column)
    }
  }

  async #metadataColumn(table: string, name: MetadataName): Promise<string> {
    const type = METADATA_COLUMNS[name]
    const evolution = await this.#evolve(table, { name, type })
    if (evolution.kind === 'add') this.#addColumn(table, { name, type })
    if (evolution.kind === 'add') return name
    const isUsable = evolution.kind === 'keep' && evolution.type.kind === type.kind
    return isUsable ? name : this.#variantColumn(table, name, type).name
  }

  async #planProperty(
    table: string,
    wish: { property: string; wanted: ColumnType; names: ReadonlySet<string> },
  ): Promise<PropertyPlan> {
    const { property, wanted, names } = wish
    const isReserved =
      isMetadataName(property) ||
      isVariantOfAnother(property, names) ||
      this.#warehouse.dialect.systemColumns.has(property)
    const name = this.#known(table).names.resolve(property, isReserved)
    const evolution = await this.#evolve(table, { name, type: wanted })
    if (evolution.kind === 'add') this.#addColumn(table, { name, type: wanted })
    const type = evolution.kind === 'add' ? wanted : evolution.type
    return { property, wanted, column: name, type, variants: this.#variantsOf(table, name) }
  }

  /** Decides, asks the database where it must, and notes the change. */
  async #evolve(table: string, wish: Column): Promise<Exclude<Evolution, { kind: 'widen' }>> {
    const found = this.#known(table).columns.get(wish.name)
    const evolution = evolveColumn(found, wish.type, this.#warehouse.dialect)
    if (evolution.kind !== 'widen') return evolution
    const { to } = evolution
    if (evolution.isGuarded && !(await this.#warehouse.isExact(table, wish.name, to))) {
      return { kind: 'beside', type: found?.type }
    }
    this.#changes.push({ kind: 'widen-column', table, column: wish.name, from: found?.type, to })
    this.#known(table).columns.set(wish.name, { name: wish.name, type: to })
    this.#options.logger.info('A column is widened with this batch.', {
      table,
      column: wish.name,
      type: to.kind,
    })
    return { kind: 'keep', type: to }
  }

  /** Adds a column beside the property's own, for values that do not fit into that. */
  addVariant(plan: StreamPlan, property: PropertyPlan, type: ColumnType): Column {
    const variant = this.#variantColumn(plan.table, property.column, type)
    property.variants.push(variant)
    this.#options.logger.warn('Values that do not fit into a column went to a second one.', {
      stream: plan.stream,
      column: property.column,
      second_column: variant.name,
    })
    return variant
  }

  #variantColumn(table: string, column: string, type: ColumnType): Column {
    const name = variantName(column, type.kind, this.#warehouse.dialect)
    if (!this.#known(table).columns.has(name)) this.#addColumn(table, { name, type })
    return { name, type }
  }

  #variantsOf(table: string, column: string): Column[] {
    const kinds = ['boolean', 'integer', 'decimal', 'number', 'date', 'time', 'timestamp'] as const
    return [...kinds, 'text' as const, 'json' as const].flatMap((kind) => {
      const name = variantName(column, kind, this.#warehouse.dialect)
      const found = this.#known(table).columns.get(name)
      return found?.type?.kind === kind ? [{ name, type: found.type }] : []
    })
  }

  #knownTable(columns: readonly FoundColumn[]): KnownTable {
    return {
      columns: new Map(columns.map((column) => [column.name, column])),
      names: new NameSpace(
        this.#warehouse.dialect,
        columns.map((column) => column.name),
      ),
    }
  }

  #known(table: string): KnownTable {
    const known = this.#tables.get(table)
    if (!known) throw new Error(`No plan for table ${table}`)
    return known
  }

  #createTable(table: string): void {
    const columns: Column[] = []
    this.#created.set(table, columns)
    this.#changes.push({ kind: 'create-table', table, columns })
    this.#names.add(table)
    this.#tables.set(table, this.#knownTable([]))
  }

  /** A new table gets its columns at once, an older one by a change of its own. */
  #addColumn(table: string, column: Column): void {
    const known = this.#known(table)
    known.columns.set(column.name, column)
    known.names.add(column.name)
    const created = this.#created.get(table)
    if (created) created.push(column)
    else this.#changes.push({ kind: 'add-column', table, column })
  }

  #checkWidth({ table, stream }: StreamPlan): void {
    const width = this.#known(table).columns.size
    const { maxColumns, name } = this.#warehouse.dialect
    if (width <= maxColumns) return
    throw new AppError(
      'INPUT_INVALID',
      `The table of stream ${JSON.stringify(stream)} would have ${width} columns; ${name} takes ${maxColumns}.`,
      { hint: 'Deselect properties in the tap.' },
    )
  }
}
