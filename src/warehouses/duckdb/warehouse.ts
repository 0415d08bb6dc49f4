/**
 * A database that DuckDB writes in this process: one connection, and one transaction for each
 * commit.
 */

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
import { assertCurrent } from '../assert-current.ts'
import { sql } from '../sql.ts'
import { countRows, createSchema, dropTable, lastLoads } from '../standard-sql.ts'
import { findBroken } from './constraints.ts'
import { foundTables } from './dialect.ts'
import type { DuckdbEngine } from './engine.ts'
import { findContent, findMovable } from './keys.ts'
import { createTable, describeTables, loadedStreams, type DuckdbTable } from './sql.ts'
import { isExact } from './widening.ts'
import { DuckdbWriter } from './writer.ts'

export interface DuckdbWarehouseOptions {
  engine: DuckdbEngine
  schema: string
  logger: WarehouseOptions['logger']
}

export class DuckdbWarehouse implements Warehouse {
  readonly dialect: Warehouse['dialect']
  readonly classify: Warehouse['classify']
  readonly #options: DuckdbWarehouseOptions
  readonly #engine: DuckdbEngine
  readonly #warnings: VariantWarnings
  #hasCommitted = false

  constructor(options: DuckdbWarehouseOptions) {
    this.#options = options
    this.#engine = options.engine
    this.dialect = this.#engine.dialect
    this.classify = this.#engine.classify
    this.#warnings = new VariantWarnings(options.logger)
  }

  async open(): Promise<void> {
    await this.#engine.database.open()
  }

  #name(table: string): DuckdbTable {
    const spelled = this.#engine.spell?.(table) ?? table
    return [this.#engine.database.name, this.#options.schema, spelled]
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    const { schema } = this.#options
    if (this.#engine.describe) return this.#engine.describe(schema, prefix)
    const { name, query } = this.#engine.database
    return foundTables(await query(describeTables(name, schema, prefix)))
  }

  async isExact(question: WideningQuestion): Promise<boolean> {
    const { table, column } = question
    const found = findNamed(await this.describe(table), table, this.dialect)
    const known = found && findNamed(found.columns, column, this.dialect)
    // A table or column that does not exist yet has no values to lose.
    if (!known) return true
    const change = { ...question, name: this.#name(table), from: known.type }
    return isExact(this.#engine, change, this.#options.logger)
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    const statement = findContent(this.#name(table), column, content)
    return (await this.#engine.database.query(statement)).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    const statement = findMovable(this.#name(table), from, to)
    return (await this.#engine.database.query(statement)).length > 0
  }

  async findUsers(table: string, column: string): Promise<readonly string[]> {
    return this.#engine.findUsers(this.#name(table), column)
  }

  async countRows(table: string): Promise<number> {
    const [row] = await this.#engine.database.query(countRows(this.#name(table)))
    return Number(row?.[0])
  }

  async commit(unit: CommitUnit): Promise<readonly number[]> {
    const { database, label } = this.#engine
    const at = { table: '', isCommitting: false }
    let retired: readonly number[]
    try {
      await this.#engine.beforeBegin(unit, (table) => this.#name(table))
      await database.query(sql`begin transaction`)
      retired = await this.#write(this.#inTransaction(unit), at)
      at.isCommitting = true
      await database.query(sql`commit`)
      this.#hasCommitted = true
    } catch (cause) {
      await database.rollback()
      const broken = await findBroken(cause, this.#name(at.table), database.query)
      throw this.#engine.wrap(cause, { what: `${label} refused a batch`, broken, ...at })
    }
    await database.tidy()
    return retired
  }

  /** What is left to do after `beforeBegin`. */
  #inTransaction(unit: CommitUnit): CommitUnit {
    if (this.#engine.createsTablesBefore !== true) return unit
    return { ...unit, changes: unit.changes.filter(({ kind }) => kind !== 'create-table') }
  }

  /** Everything but the ends of the transaction. Keeps `at.table` current for errors. */
  async #write(unit: CommitUnit, at: { table: string }): Promise<readonly number[]> {
    const { database, statements, beforeCommit } = this.#engine
    const { connection, query } = database
    const name = (table: string) => this.#name(table)
    await assertCurrent(unit, query, name)
    await query(createSchema(database.name, this.#options.schema))
    const warnings = this.#warnings
    const writer = new DuckdbWriter({ connection, query, name, warnings, statements })
    for (const change of unit.changes) await writer.change(change)
    const retired: number[] = []
    for (const step of unit.steps) {
      at.table = step.table
      retired.push(await writer.apply(step))
    }
    await beforeCommit(unit, name)
    return retired
  }

  async recover(): Promise<void> {
    await this.#engine.database.recover()
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, this.dialect)) return {}
    return storedLoads(await this.#engine.database.query(lastLoads(this.#name(ledgerTable))))
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#engine.database.query(loadedStreams(this.#name(ledgerTable)))
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async check(prefix: string): Promise<void> {
    const { query, name } = this.#engine.database
    const table = this.#name(`${prefix}_sdc_check_${process.pid}`)
    try {
      await query(createSchema(name, this.#options.schema))
      await query(createTable(table, [{ name: 'checked', type: { kind: 'boolean' } }]))
      await query(dropTable(table))
    } catch (cause) {
      throw this.#engine.wrap(cause, {
        what: `${this.#engine.label} refused to create and drop a table`,
      })
    }
  }

  async close(): Promise<void> {
    await this.#engine.database.close(this.#hasCommitted)
  }
}
