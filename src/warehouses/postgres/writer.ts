/** What a transaction does to the tables: changes of their shape, then rows. */

import type { Sql } from '../sql.ts'
import type { Change, RetireStep, Step, WidenColumn, WriteStep } from '../../loader/warehouse.ts'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type { PostgresConnection } from './connect/connection.ts'
import { copyChunks } from './copy.ts'
import { createSchema, emptyTable, findRow, hasForeign, type StagedStep } from '../standard-sql.ts'
import { ForeignColumns } from './foreign.ts'
import * as indexes from './tables/indexes.ts'
import { moveValues } from './keys.ts'
import * as merge from './merge.ts'
import * as session from './connect/session.ts'
import * as statements from './sql.ts'
import type { PostgresTable } from './sql.ts'

export interface Work {
  schema: string
  /** Index of a table's keys -> whether it is there. Kept from one transaction to the next, until one fails. */
  indexed: Map<string, boolean>
  besideLog: VariantWarnings
}

/** Works in the transaction that is under way. */
export class Writer {
  readonly #connection: PostgresConnection
  readonly #work: Work
  readonly #foreign: ForeignColumns

  constructor(connection: PostgresConnection, work: Work) {
    this.#connection = connection
    this.#work = work
    this.#foreign = new ForeignColumns(connection, work.besideLog)
  }

  #name(table: string): PostgresTable {
    return [this.#work.schema, table]
  }

  async evolve(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return
    const { schema } = this.#work
    // `create schema if not exists` asks for the right to create one even where it exists.
    const [found] = await this.#connection.query(statements.findSchema(schema))
    if (!found) await this.#connection.query(createSchema(schema))
    for (const change of changes) {
      if (change.kind === 'widen-column') await this.#dropIndexes(change)
      await this.#connection.query(this.#changeSql(change))
    }
  }

  /** Our indexes hold another form of the column's values for each type, and are made anew with the next rows. */
  async #dropIndexes({ table, column }: WidenColumn): Promise<void> {
    const found = await this.#connection.query(indexes.findOwnIndexes(this.#name(table), column))
    for (const [name] of found) {
      await this.#connection.query(indexes.dropIndex(this.#work.schema, String(name)))
    }
    if (found.length > 0) this.#work.indexed.clear()
  }

  #changeSql(change: Change): Sql {
    const table = this.#name(change.table)
    switch (change.kind) {
      case 'create-table':
        return statements.createTable(table, change.columns)
      case 'add-column':
        return statements.addColumn(table, change.column)
      case 'widen-column':
        return statements.widenColumn(table, change)
      case 'move-values':
        return moveValues(table, change)
    }
  }

  /** How many rows the step retired. */
  async apply(step: Step): Promise<number> {
    const table = this.#name(step.table)
    switch (step.kind) {
      case 'write':
        await this.#write(step)
        return 0
      case 'retire':
        return this.#retire(table, step)
      case 'empty':
        await this.#connection.query(emptyTable(table))
        return 0
    }
  }

  async #retire(table: PostgresTable, step: RetireStep): Promise<number> {
    const { foreign } = step
    if (foreign) return this.#foreign.retire(table, { ...step, foreign })
    return this.#connection.change(statements.retireRows(table, step))
  }

  /** Rows without keys, and those of an empty table, need no stage: the transaction keeps them apart until it commits. */
  async #write(step: WriteStep): Promise<void> {
    const { columns, rowCount, deleteWhereSet } = step
    const table = this.#name(step.table)
    const hasIndex = step.keys.length > 0 && (await this.#hasIndex(step))
    const isMerge =
      deleteWhereSet !== undefined ||
      (step.keys.length > 0 && (await this.#connection.query(findRow(table))).length > 0)
    if (hasForeign(step)) {
      const staged = await this.#foreign.stage(table, step)
      await this.#place(table, { ...step, columns: staged }, { hasIndex, isMerge })
      return
    }
    const rows = copyChunks(columns, rowCount)
    if (!isMerge) {
      await this.#connection.copy(statements.copyInto(table, columns), rows)
      return
    }
    await this.#connection.query(statements.createStage(columns))
    await this.#connection.copy(statements.copyInto(statements.STAGE, columns), rows)
    await this.#place(table, step, { hasIndex, isMerge })
  }

  /** The rows of the stage into the table. */
  async #place(
    table: PostgresTable,
    step: StagedStep,
    { hasIndex, isMerge }: { hasIndex: boolean; isMerge: boolean },
  ): Promise<void> {
    const { deleteWhereSet } = step
    await this.#connection.query(hasIndex ? session.preferIndex() : session.preferNothing())
    if (deleteWhereSet !== undefined) {
      await this.#connection.query(merge.deleteStaged(table, { ...step, deleteWhereSet }))
    }
    if (!isMerge || (hasIndex && !(await this.#holdsStaged(table, step)))) {
      await this.#connection.query(merge.insertNew(table, step))
    } else {
      await this.#merge(table, step)
    }
    await this.#connection.query(statements.dropStage())
  }

  /**
   * So keys that are all new, as in a first load, are looked for once instead of twice. The number of updated rows could not tell: a
   * trigger may leave rows as they are.
   */
  async #holdsStaged(table: PostgresTable, step: StagedStep): Promise<boolean> {
    return (await this.#connection.query(merge.findStaged(table, step))).length > 0
  }

  async #merge(table: PostgresTable, step: StagedStep): Promise<void> {
    const update = merge.updateStaged(table, step)
    if (update) await this.#connection.query(update)
    await this.#connection.query(merge.insertStaged(table, step))
  }

  /** Whether an index leads to the step's keys, made now where there was none and we may. */
  async #hasIndex(step: WriteStep): Promise<boolean> {
    const table = this.#name(step.table)
    const keys = merge.typedKeys(step)
    if (!merge.isIndexable(keys)) return false
    const name = merge.indexName(table, keys)
    const known = this.#work.indexed.get(name)
    if (known !== undefined) return known
    let isThere = await this.#findIndex(table, keys)
    // The values of a foreign column may be too long for an index.
    if (isThere === 'f' && keys.every(({ native }) => native === undefined)) {
      const stale = await this.#connection.query(indexes.findStaleIndex(table, keys))
      if (stale.length > 0) await this.#connection.query(indexes.dropIndex(table[0], name))
      await this.#connection.query(merge.createIndex(table, keys))
      // Something that is of no use may have its name.
      isThere = await this.#findIndex(table, keys)
    }
    this.#work.indexed.set(name, isThere === 't')
    return isThere === 't'
  }

  async #findIndex(table: PostgresTable, keys: readonly merge.TypedKey[]) {
    const [row] = await this.#connection.query(merge.findIndex(table, keys))
    return row?.[0]
  }
}
