/**
 * A database that DuckDB writes in this process: one connection, and one transaction for each
 * commit.
 */

import { randomUUID } from 'node:crypto'
import { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type { MaintenanceReport, Warehouse } from '../../loader/warehouse.ts'
import type { CommitUnit, WriteStep } from '../../loader/commit-unit.ts'
import { assertCurrent } from '../assert-current.ts'
import { id, sql } from '../sql.ts'
import { createSchema, dropTable } from '../standard-sql.ts'
import { findBroken } from './tables/constraints.ts'
import { DuckdbReader, type DuckdbWarehouseOptions } from './reader.ts'
import { createTable } from './sql.ts'
import { Stages } from './tables/stages.ts'
import { DuckdbWriter } from './writer.ts'

export class DuckdbWarehouse extends DuckdbReader implements Warehouse {
  readonly #warnings: VariantWarnings
  /** The tables that this load has written. */
  readonly #written = new Set<string>()
  readonly #stages: Stages
  readonly commitSize: Warehouse['commitSize']
  /** The last work that changes how much memory is in use: freeing it, or staging rows. */
  #memoryWork: Promise<unknown> = Promise.resolve()
  #hasFailed = false

  constructor(options: DuckdbWarehouseOptions) {
    super(options)
    this.#warnings = new VariantWarnings(options.logger)
    this.#stages = new Stages(async () => this.engine.database.connect())
    this.commitSize = this.engine.commitSize
  }

  /** Runs work alone. The work must not throw. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#memoryWork.then(work)
    this.#memoryWork = turn
    return turn
  }

  async stage(step: WriteStep, earlier?: WriteStep): Promise<WriteStep | undefined> {
    return this.#inTurn(async () => this.#stages.take(step, earlier))
  }

  async open(): Promise<void> {
    await this.engine.database.open()
  }

  async commit(unit: CommitUnit): Promise<readonly number[]> {
    const { database, label } = this.engine
    const at = { table: '', isCommitting: false }
    let retired: readonly number[]
    try {
      await this.engine.beforeBegin(unit, (table) => this.name(table))
      await database.query(sql`begin transaction`)
      retired = await this.#write(this.#inTransaction(unit), at)
      at.isCommitting = true
      await database.query(sql`commit`)
      for (const { table } of [...unit.changes, ...unit.steps]) this.#written.add(table)
      this.#hasFailed = false
    } catch (cause) {
      this.#hasFailed = true
      await database.rollback()
      const broken = await findBroken(cause, this.name(at.table), database.query)
      throw this.engine.wrap(cause, { what: `${label} refused a batch`, broken, ...at })
    }
    await this.#inTurn(async () => {
      await this.#stages.free(unit.steps)
      await database.tidy()
    })
    return retired
  }

  /** What is left to do after `beforeBegin`. */
  #inTransaction(unit: CommitUnit): CommitUnit {
    if (this.engine.createsTablesBefore !== true) return unit
    return { ...unit, changes: unit.changes.filter(({ kind }) => kind !== 'create-table') }
  }

  /** Everything but the ends of the transaction. Keeps `at.table` current for errors. */
  async #write(unit: CommitUnit, at: { table: string }): Promise<readonly number[]> {
    const { database, statements, beforeCommit } = this.engine
    const { connection, query } = database
    const name = (table: string) => this.name(table)
    await assertCurrent(unit, query, name)
    await query(createSchema(database.name, this.options.schema))
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
    await this.engine.database.recover()
  }

  async check(prefix: string): Promise<void> {
    const { query, name } = this.engine.database
    const table = this.name(`${prefix}_sdc_check_${randomUUID().slice(0, 8)}`)
    try {
      await query(createSchema(name, this.options.schema))
      await query(createTable(table, [{ name: 'checked', type: { kind: 'boolean' } }]))
      await query(sql`insert into ${id(...table)} values (true)`)
      await query(sql`select checked from ${id(...table)}`)
      await query(dropTable(table))
    } catch (cause) {
      throw this.engine.wrap(cause, {
        what: `${this.engine.label} refused to create, fill, read and drop a table`,
      })
    }
  }

  async maintain(prefix: string): Promise<MaintenanceReport | undefined> {
    const { maintenance, wrap, label } = this.engine
    const tables = await this.describe(prefix)
    try {
      return await maintenance?.now(tables.map(({ name }) => this.name(name)))
    } catch (cause) {
      throw wrap(cause, { what: `${label} could not be maintained` })
    }
  }

  async close(): Promise<void> {
    const hasCommitted = this.#written.size > 0
    if (hasCommitted && !this.#hasFailed) {
      await this.engine.maintenance?.afterLoad([...this.#written].map((name) => this.name(name)))
    }
    await this.engine.database.close(hasCommitted)
  }
}
