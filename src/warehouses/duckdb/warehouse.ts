/** DuckDB in this process: one file, one writer, and one transaction for each commit. */

import { storedLoads } from '../../loader/commit/ledger.ts'
import { findNamed } from '../../loader/tables/names.ts'
import { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type {
  Content,
  FoundTable,
  LastLoads,
  Warehouse,
  WarehouseOptions,
  WideningQuestion,
} from '../../loader/warehouse.ts'
import type { Column, CommitUnit } from '../../loader/commit-unit.ts'
import { WAREHOUSE_KINDS } from '../../urls/warehouse-urls.ts'
import { assertCurrent } from '../assert-current.ts'
import { sql } from '../sql.ts'
import { countRows, createSchema, dropTable, lastLoads } from '../standard-sql.ts'
import { findBroken } from './constraints.ts'
import { DuckdbDatabase } from './database.ts'
import { DUCKDB, foundTables } from './dialect.ts'
import { classifyError, wrapError } from './errors.ts'
import { findContent, findMovable } from './keys.ts'
import { createTable, describeTables, loadedStreams, type DuckdbTable } from './sql.ts'
import { parseUrl } from './url.ts'
import { findUsers, isExact } from './widening.ts'
import { DuckdbWriter } from './writer.ts'

export function createWarehouse(options: WarehouseOptions): Warehouse {
  return new DuckdbWarehouse(options)
}

class DuckdbWarehouse implements Warehouse {
  readonly dialect = DUCKDB
  readonly classify = classifyError
  readonly #options: WarehouseOptions
  readonly #database: DuckdbDatabase
  readonly #schema: string
  readonly #warnings: VariantWarnings
  #hasCommitted = false

  constructor(options: WarehouseOptions) {
    this.#options = options
    this.#database = new DuckdbDatabase(options, parseUrl(options.url))
    this.#schema = options.schema ?? WAREHOUSE_KINDS.duckdb.defaultSchema
    this.#warnings = new VariantWarnings(options.logger)
  }

  async open(): Promise<void> {
    await this.#database.open()
  }

  #name(table: string): DuckdbTable {
    return [this.#database.name, this.#schema, table]
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    const statement = describeTables(this.#database.name, this.#schema, prefix)
    return foundTables(await this.#database.query(statement))
  }

  async isExact(question: WideningQuestion): Promise<boolean> {
    const { table, column } = question
    const found = findNamed(await this.describe(table), table, DUCKDB)
    const known = found && findNamed(found.columns, column, DUCKDB)
    // A table or column that does not exist yet has no values to lose.
    if (!known) return true
    const change = { ...question, name: this.#name(table), from: known.type }
    return isExact(this.#database.query, change, this.#options.logger)
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    const statement = findContent(this.#name(table), column, content)
    return (await this.#database.query(statement)).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    return (await this.#database.query(findMovable(this.#name(table), from, to))).length > 0
  }

  async findUsers(table: string, column: string): Promise<readonly string[]> {
    return findUsers(this.#database.query, this.#name(table), column)
  }

  async countRows(table: string): Promise<number> {
    const [row] = await this.#database.query(countRows(this.#name(table)))
    return Number(row?.[0])
  }

  async commit(unit: CommitUnit): Promise<readonly number[]> {
    const { query } = this.#database
    const retired: number[] = []
    let table = ''
    try {
      await query(sql`begin transaction`)
      await assertCurrent(unit, query, (name) => this.#name(name))
      await query(createSchema(this.#database.name, this.#schema))
      const writer = new DuckdbWriter({
        connection: this.#database.connection,
        query,
        name: (name) => this.#name(name),
        warnings: this.#warnings,
      })
      for (const change of unit.changes) await writer.change(change)
      for (const step of unit.steps) {
        ;({ table } = step)
        retired.push(await writer.apply(step))
      }
      await query(sql`commit`)
      this.#hasCommitted = true
    } catch (cause) {
      await this.#database.rollback()
      const broken = await findBroken(cause, this.#name(table), query)
      throw wrapError(cause, 'DuckDB refused a batch', broken)
    }
    await this.#database.dropCache()
    return retired
  }

  /** The connection is in this process and cannot be lost. */
  async recover(): Promise<void> {
    await this.#database.rollback()
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, DUCKDB)) return {}
    return storedLoads(await this.#database.query(lastLoads(this.#name(ledgerTable))))
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#database.query(loadedStreams(this.#name(ledgerTable)))
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async check(prefix: string): Promise<void> {
    const { query, name } = this.#database
    const table = this.#name(`${prefix}_sdc_check_${process.pid}`)
    try {
      await query(createSchema(name, this.#schema))
      await query(createTable(table, [{ name: 'checked', type: { kind: 'boolean' } }]))
      await query(dropTable(table))
    } catch (cause) {
      throw wrapError(cause, 'DuckDB refused to create and drop a table')
    }
  }

  async close(): Promise<void> {
    if (this.#hasCommitted) await this.#database.checkpoint()
    this.#database.close()
  }
}
