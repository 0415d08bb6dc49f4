/** DuckDB in this process: one file, one writer, everything of a commit in one transaction. */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import { id, render, sql, STANDARD_STYLE, type Sql } from '../sql.ts'
import { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import { warnDatesOutOfRange, warnColumnInUse } from '../../loader/tables/evolve.ts'
import type {
  Column,
  CommitUnit,
  Content,
  FoundTable,
  LastLoads,
  Warehouse,
  WarehouseOptions,
  WideningQuestion,
} from '../../loader/warehouse.ts'
import { findNamed } from '../../loader/tables/names.ts'
import { storedLoads } from '../../loader/commit/ledger.ts'
import { assertNextLoad } from '../../loader/run-start.ts'
import { BlockCache } from './cache.ts'
import { findBroken } from './constraints.ts'
import { DUCKDB, foundType } from './dialect.ts'
import { findUsers } from './catalog.ts'
import { classifyError, wrapError } from './errors.ts'
import { findContent, findMovable } from './keys.ts'
import { openFile } from './open-file.ts'
import {
  countRows,
  createSchema,
  createTable,
  describeTables,
  findInexact,
  findTimeless,
  lastLoadNumber,
  lastLoads,
  loadedStreams,
  type TableName,
} from './sql.ts'
import { Writer } from './writer.ts'
import { parseUrl, type DuckdbUrl } from './url.ts'

const DEFAULT_SCHEMA = 'main'

export function createWarehouse(options: WarehouseOptions): Warehouse {
  return new DuckdbWarehouse(options)
}

class DuckdbWarehouse implements Warehouse {
  readonly dialect = DUCKDB
  readonly #options: WarehouseOptions
  readonly #url: DuckdbUrl
  readonly #schema: string
  #database = ''
  /** Where the limit of memory is the one that DuckDB chose by itself. */
  #cache: BlockCache | undefined
  #instance: DuckDBInstance | undefined
  #connection: DuckDBConnection | undefined
  #hasCommitted = false
  readonly #besideLog: VariantWarnings

  constructor(options: WarehouseOptions) {
    this.#options = options
    this.#besideLog = new VariantWarnings(options.logger)
    this.#url = parseUrl(options.url)
    this.#schema = options.schema ?? DEFAULT_SCHEMA
  }

  /** A file that is only to be read may be missing: then there are no tables. */
  async open(): Promise<void> {
    const { path } = this.#url
    if (!existsSync(dirname(resolve(path)))) {
      throw new AppError(
        'CONFIG_INVALID',
        `The folder of the DuckDB file ${path} does not exist.`,
        {
          hint: 'Create it, or correct `warehouse_url`.',
        },
      )
    }
    if (this.#options.isReadOnly && !existsSync(path)) return
    this.#instance = await openFile(this.#url, this.#options)
    this.#connection = await this.#instance.connect()
    await this.#run(sql`set timezone = 'UTC'`)
    const [row] = await this.#query(sql`select current_database()`)
    this.#database = String(row?.[0])
    if (this.#url.options['memory_limit'] === undefined) {
      this.#cache = new BlockCache(async (statement) => this.#query(statement))
    }
  }

  #name(table: string): TableName {
    return [this.#database, this.#schema, table]
  }

  async #query(statement: Sql): Promise<DuckDBValue[][]> {
    if (!this.#connection) return []
    const { text, values } = render(statement, STANDARD_STYLE)
    const reader = await this.#connection.runAndReadAll(text, values)
    return reader.getRows()
  }

  async #run(statement: Sql): Promise<void> {
    await this.#query(statement)
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    const rows = await this.#query(describeTables(this.#database, this.#schema, prefix))
    const tables = new Map<string, FoundTable>()
    for (const [table, column, type = null, isRequired] of rows) {
      const name = String(table)
      const found = tables.get(name) ?? { name, columns: [] }
      found.columns.push({
        name: String(column),
        ...foundType(type === null ? null : String(type)),
        ...(isRequired === true && { isRequired }),
      })
      tables.set(name, found)
    }
    return [...tables.values()]
  }

  async isExact({ table, column, to, mayStay }: WideningQuestion): Promise<boolean> {
    const found = findNamed(await this.describe(table), table, DUCKDB)
    const known = found && findNamed(found.columns, column, DUCKDB)
    // A table or column that is not there yet has no values to lose.
    if (!known) return true
    const users = await this.#query(findUsers(this.#name(table), column))
    if (users.length > 0) {
      const facts = { table, column, users: users.map(([user]) => String(user)) }
      if (!mayStay) warnColumnInUse(this.#options.logger, facts)
      return false
    }
    const { type } = known
    if (type === undefined) return true
    if (type.kind === 'date' && to.kind === 'timestamp') return this.#hasTimesOnly(table, column)
    if (to.kind !== 'number') return true
    const inexact = findInexact(this.#name(table), { name: column, type }, to)
    return (await this.#query(inexact)).length === 0
  }

  async #hasTimesOnly(table: string, column: string): Promise<boolean> {
    const timeless = await this.#query(findTimeless(this.#name(table), column))
    if (timeless.length > 0) warnDatesOutOfRange(this.#options.logger, { table, column })
    return timeless.length === 0
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    return (await this.#query(findContent(this.#name(table), column, content))).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    return (await this.#query(findMovable(this.#name(table), from, to))).length > 0
  }

  /** A view does not keep a column from changing its type; a constraint or an index does. */
  async findUsers(table: string, column: string): Promise<readonly string[]> {
    const users = await this.#query(findUsers(this.#name(table), column))
    return users.map(([user]) => String(user))
  }

  async countRows(table: string): Promise<number> {
    const [row] = await this.#query(countRows(this.#name(table)))
    return Number(row?.[0])
  }

  async commit({ changes, steps, ledger }: CommitUnit): Promise<readonly number[]> {
    const retired: number[] = []
    let table = ''
    try {
      await this.#run(sql`begin transaction`)
      const isNew = changes.some(
        (change) => change.kind === 'create-table' && change.table === ledger?.table,
      )
      if (ledger && !isNew) await this.#assertCurrent(ledger)
      await this.#run(createSchema(this.#database, this.#schema))
      const writer = this.#writer()
      for (const change of changes) await writer.change(change)
      for (const step of steps) {
        ;({ table } = step)
        retired.push(await writer.apply(step))
      }
      await this.#run(sql`commit`)
      this.#hasCommitted = true
    } catch (cause) {
      await this.#run(sql`rollback`).catch(() => undefined)
      const broken = await findBroken(cause, this.#name(table), async (ask) => this.#query(ask))
      throw wrapError(cause, 'DuckDB refused a batch', broken)
    }
    await this.#dropCache()
    return retired
  }

  /** The lock of the file keeps others out, but not every file system has locks. */
  async #assertCurrent(ledger: NonNullable<CommitUnit['ledger']>): Promise<void> {
    const [row] = await this.#query(lastLoadNumber(this.#name(ledger.table)))
    assertNextLoad(ledger, row?.[0])
  }

  #writer(): Writer {
    if (!this.#connection) throw new Error('The database is not open')
    return new Writer({
      connection: this.#connection,
      query: async (statement) => this.#query(statement),
      name: (table) => this.#name(table),
      besideLog: this.#besideLog,
    })
  }

  /** Never throws: the batch is committed. A limit that the user has set bounds the cache too, and is left alone. */
  async #dropCache(): Promise<void> {
    try {
      await this.#cache?.drop()
    } catch (error) {
      this.#cache = undefined
      this.#options.logger.warn(
        'memory_limit_refused',
        'DuckDB refused to change its memory limit.',
        {
          reason: error instanceof Error ? error.message : String(error),
        },
      )
    }
  }

  readonly classify = classifyError

  /** The connection of a database in this process is not lost. */
  async recover(): Promise<void> {
    await this.#run(sql`rollback`).catch(() => undefined)
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, DUCKDB)) return {}
    const rows = await this.#query(lastLoads(this.#name(ledgerTable)))
    return storedLoads(rows)
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#query(loadedStreams(this.#name(ledgerTable)))
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async check(prefix: string): Promise<void> {
    const table = this.#name(`${prefix}_sdc_check_${process.pid}`)
    try {
      await this.#run(createSchema(this.#database, this.#schema))
      await this.#run(createTable(table, [{ name: 'checked', type: { kind: 'boolean' } }]))
      await this.#run(sql`drop table ${id(...table)}`)
    } catch (cause) {
      throw wrapError(cause, 'DuckDB refused to create and drop a table')
    }
  }

  /** The WAL goes into the file, so that one file is all there is to copy. */
  async close(): Promise<void> {
    if (this.#hasCommitted) {
      await this.#run(sql`checkpoint`).catch((error: unknown) => {
        this.#options.logger.warn('wal_left', 'The DuckDB file was left with its WAL beside it.', {
          reason: error instanceof Error ? error.message : String(error),
        })
      })
    }
    this.#connection?.disconnectSync()
    this.#instance?.closeSync()
    this.#connection = undefined
    this.#instance = undefined
  }
}
