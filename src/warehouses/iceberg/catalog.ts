/** An attached catalog: DuckDB in memory, which writes its tables, and the REST catalog itself. */

import type { DuckDBConnection } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import type { CommitUnit } from '../../loader/commit-unit.ts'
import type { FoundTable, WarehouseOptions } from '../../loader/warehouse.ts'
import { foldName } from '../../urls/name-folding.ts'
import { DuckdbSession, type DuckdbDatabase } from '../duckdb/connect/database.ts'
import { loadExtensions } from '../duckdb/connect/extensions.ts'
import { openInMemory } from '../duckdb/connect/in-memory.ts'
import type { ScratchFolder } from '../duckdb/connect/scratch-folder.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import { retryOpening } from '../opening.ts'
import { ServerError } from '../server-error.ts'
import { createSchema } from '../standard-sql.ts'
import type { Sql } from '../sql.ts'
import * as statements from './attach.ts'
import { classifyIcebergError, wrapIcebergError } from './errors.ts'
import { IcebergRest, type RestTable } from './rest.ts'
import { createTable } from './sql.ts'
import { columnUsers, foundTable, hasColumns } from './tables.ts'
import type { IcebergUrl } from './url.ts'

const IGNORED_CASE = { isCaseSensitive: false }

/** DuckDB and Trino find only one of them. */
function twinsError(one: string, other: string): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `The Iceberg catalog has two tables whose names differ only by case: ${one} and ${other}.`,
    { hint: 'Rename one of them.' },
  )
}

/** The unit was planned for another table, so a retry would not help. The next run plans again. */
function changedTableError(table: string): AppError {
  return new AppError(
    'TABLES_CHANGED',
    `Another program has created, changed or dropped the table ${table} since this load began; nothing more was written.`,
    { hint: 'Run again. The next run resumes from the newest STATE.' },
  )
}

function signInError(): ServerError {
  return new ServerError('CONNECTION_FAILED', 'DuckDB could not sign in to the Iceberg catalog.', {
    failure: 'transient',
    hint: 'Check the address of the OAuth2 server, the network and HTTPS_PROXY.',
  })
}

export interface CatalogOptions extends WarehouseOptions {
  catalog: IcebergUrl
  /** The namespace of all tables. */
  namespace: string
}

export class Catalog implements DuckdbDatabase {
  readonly name = statements.CATALOG
  readonly #options: CatalogOptions
  readonly #session = new DuckdbSession()
  readonly #rest: IcebergRest
  /** Names of tables as the catalog spells them, by the folded name. */
  readonly #spellings = new Map<string, string>()
  /** For what does not fit into memory. */
  #folder: ScratchFolder | undefined

  constructor(options: CatalogOptions) {
    this.#options = options
    this.#rest = new IcebergRest(options.catalog, process.env)
  }

  async open(): Promise<void> {
    const { catalog } = this.#options
    await retryOpening(async () => this.#rest.open(), this.#options)
    const { instance, folder } = await openInMemory(catalog.options)
    this.#folder = folder
    await this.#session.use(instance)
    const { query } = this.#session
    await loadExtensions(statements.extensionsFor(process.env), query)
    for (const setting of statements.settings()) await query(setting)
    await retryOpening(async () => this.#attach(), this.#options)
  }

  async #attach(): Promise<void> {
    const { catalog, isReadOnly } = this.#options
    for (const secret of statements.secretsFor(catalog, process.env)) await this.#configure(secret)
    await this.#session
      .query(statements.attachCatalog(catalog, { isReadOnly }))
      .catch((cause: unknown) => {
        throw wrapIcebergError(cause, { what: 'The Iceberg catalog could not be opened' })
      })
  }

  /** DuckDB signs in when it gets the secret. Errors about a secret could quote it. */
  async #configure(secret: Sql): Promise<void> {
    await this.#session.query(secret).catch((cause: unknown) => {
      if (classifyIcebergError(cause) === 'transient') throw signInError()
      throw new AppError('CONFIG_INVALID', 'DuckDB refused the credentials of the catalog.', {
        hint: 'Check the options of `warehouse_url`, and the variables that begin with ICEBERG_, AWS_ or AZURE_.',
      })
    })
  }

  get connection(): DuckDBConnection {
    return this.#session.connection
  }

  get connect(): DuckdbDatabase['connect'] {
    return this.#session.connect
  }

  get query(): DuckdbQuery {
    return this.#session.query
  }

  /** Lists the tables whose name begins with the prefix. */
  async describe(namespace: string, prefix: string): Promise<FoundTable[]> {
    const tables = await this.#rest.tables(namespace, prefix)
    const names = new Map<string, string>()
    for (const { name } of tables) {
      const folded = foldName(name, IGNORED_CASE)
      const other = names.get(folded)
      if (other !== undefined) throw twinsError(name, other)
      names.set(folded, name)
      this.#spellings.set(folded, name)
    }
    return tables.map(foundTable)
  }

  /** The name as the catalog spells it, which compares names with case. */
  readonly spell = (table: string): string =>
    this.#spellings.get(foldName(table, IGNORED_CASE)) ?? table

  async findUsers([, namespace, name]: DuckdbTable, column: string): Promise<string[]> {
    const table = await this.#rest.table(namespace, name)
    return table ? columnUsers(table, column) : []
  }

  /** The table as it was last committed. Throws TABLES_CHANGED when it does not exist. */
  async table([, namespace, name]: DuckdbTable): Promise<RestTable> {
    const table = await this.#rest.table(namespace, name)
    if (!table) throw changedTableError(name)
    return table
  }

  /**
   * Creates the namespace and the tables of the unit, still empty. One request of the catalog
   * either creates a table or changes several that exist. Throws TABLES_CHANGED when another
   * program has created one of them with other columns.
   */
  async createTables(unit: CommitUnit, name: (table: string) => DuckdbTable): Promise<void> {
    const { query } = this.#session
    await query(createSchema(this.name, this.#options.namespace))
    for (const change of unit.changes) {
      if (change.kind !== 'create-table') continue
      const table = name(change.table)
      await query(createTable(table, change.columns))
      if (!hasColumns(await this.table(table), change.columns)) throw changedTableError(table[2])
    }
  }

  async rollback(): Promise<void> {
    await this.#session.rollback()
  }

  async tidy(): Promise<void> {
    // What DuckDB keeps of data files is small, and helps the next merge.
  }

  /** Every request has a connection of its own. */
  async recover(): Promise<void> {
    await this.rollback()
  }

  async close(): Promise<void> {
    this.#session.close()
    this.#folder?.remove()
  }
}
