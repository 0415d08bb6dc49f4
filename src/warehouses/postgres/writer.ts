/**
 * Applies the changes and steps of a unit within a transaction: first the shape of tables, then
 * rows.
 */

import type {
  Change,
  LiveView,
  RetireStep,
  SetComments,
  Step,
  WriteStep,
} from '../../loader/commit-unit.ts'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type { Logger } from '../../logger.ts'
import { setComments } from '../comment-sql.ts'
import { list, sql, type Sql } from '../sql.ts'
import { createSchema, emptyTable, findRow, hasForeign, type StagedStep } from '../standard-sql.ts'
import type { PostgresConnection } from './connect/connection.ts'
import * as settings from './connect/settings.ts'
import { copyChunks } from './copy.ts'
import { retireForeign } from './foreign/retire.ts'
import { stageForeign } from './foreign/stage.ts'
import { moveValues } from './keys.ts'
import * as merge from './merge.ts'
import * as statements from './sql.ts'
import type { PostgresTable } from './sql.ts'
import type { KeyIndexes } from './tables/key-indexes.ts'
import { dropLiveViews, replaceLiveView } from './tables/live-views.ts'
import { findOwner } from './tables/widening.ts'

export interface PostgresWriterOptions {
  schema: string
  indexes: KeyIndexes
  warnings: VariantWarnings
  logger: Logger
}

interface Placement {
  /** True when an index leads to the keys of the table. */
  hasIndex: boolean
  /** True when rows may replace or delete rows of the table. */
  isMerge: boolean
}

/** Works in the transaction that is running. */
export class PostgresWriter {
  readonly #connection: PostgresConnection
  readonly #options: PostgresWriterOptions

  constructor(connection: PostgresConnection, options: PostgresWriterOptions) {
    this.#connection = connection
    this.#options = options
  }

  #name(table: string): PostgresTable {
    return [this.#options.schema, table]
  }

  async evolve(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return
    const { schema, indexes } = this.#options
    // `create schema if not exists` needs the right to create a schema even when it exists.
    const [found] = await this.#connection.query(statements.findSchema(schema))
    if (!found) await this.#connection.query(createSchema(schema))
    const dropped: Sql[] = []
    for (const change of changes) {
      const table = this.#name(change.table)
      if (change.kind === 'widen-column') {
        dropped.push(...(await dropLiveViews(this.#connection, table, change)))
        await indexes.dropFor(this.#connection, table, change)
      }
      if (change.kind !== 'live-view') await this.#change(change)
    }
    for (const statement of dropped) await this.#connection.query(statement)
    for (const change of changes) if (change.kind === 'live-view') await this.#change(change)
  }

  async #change(change: Change): Promise<void> {
    const connection = this.#connection
    const table = this.#name(change.table)
    const { logger } = this.#options
    if (change.kind === 'set-comments') await this.#comment(table, change)
    else if (change.kind === 'live-view')
      await replaceLiveView(connection, table, { change, logger })
    else await connection.query(changeTable(table, change))
  }

  /** Only the owner of a table may change its comments. Another role loads without. */
  async #comment(table: PostgresTable, change: SetComments): Promise<void> {
    const [foreign] = await this.#connection.query(findOwner(table))
    if (foreign) return
    const separator = sql`;\n`
    await this.#connection.query(list(setComments(table, change), separator))
  }

  /** Returns how many rows the step retired. */
  async apply(step: Step): Promise<number> {
    const table = this.#name(step.table)
    switch (step.kind) {
      case 'write':
        await this.#write(table, step)
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
    if (!foreign) return this.#connection.change(statements.retireRows(table, step))
    const context = { connection: this.#connection, warnings: this.#options.warnings }
    return retireForeign(context, table, { ...step, foreign })
  }

  /**
   * Rows without keys and rows of an empty table need no stage: nobody sees them before the commit.
   */
  async #write(table: PostgresTable, step: WriteStep): Promise<void> {
    const { columns, rowCount } = step
    const placement = await this.#placement(table, step)
    if (hasForeign(step)) {
      const context = { connection: this.#connection, warnings: this.#options.warnings }
      const staged = await stageForeign(context, table, step)
      await placeStaged(this.#connection, table, { ...step, columns: staged, ...placement })
      return
    }
    const rows = copyChunks(columns, rowCount)
    if (!placement.isMerge) {
      await this.#connection.copy(statements.copyInto(table, columns), rows)
      return
    }
    await this.#connection.query(statements.createStage(columns))
    await this.#connection.copy(statements.copyInto(statements.STAGE, columns), rows)
    await placeStaged(this.#connection, table, { ...step, ...placement })
  }

  async #placement(table: PostgresTable, step: WriteStep): Promise<Placement> {
    const hasKeys = step.keys.length > 0
    const hasIndex = hasKeys && (await this.#options.indexes.ensure(this.#connection, table, step))
    const isMerge =
      step.deleteWhereSet !== undefined ||
      (hasKeys && (await this.#connection.query(findRow(table))).length > 0)
    return { hasIndex, isMerge }
  }
}

function changeTable(table: PostgresTable, change: Exclude<Change, SetComments | LiveView>): Sql {
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

/** Moves the rows of the stage into the table, and drops the stage. */
async function placeStaged(
  connection: PostgresConnection,
  table: PostgresTable,
  step: StagedStep & Placement,
): Promise<void> {
  const { deleteWhereSet, hasIndex, isMerge } = step
  await connection.query(hasIndex ? settings.preferIndex() : settings.preferDefaults())
  if (deleteWhereSet !== undefined) {
    await connection.query(merge.deleteStaged(table, { ...step, deleteWhereSet }))
  }
  // Keys that are all new, as in a first load, are looked up once instead of twice. The number of
  // updated rows cannot decide this: a trigger may leave rows unchanged.
  const isNew =
    !isMerge || (hasIndex && (await connection.query(merge.findStaged(table, step))).length === 0)
  if (isNew) {
    await connection.query(merge.insertNew(table, step))
  } else {
    const update = merge.updateStaged(table, step)
    if (update) await connection.query(update)
    await connection.query(merge.insertStaged(table, step))
  }
  await connection.query(statements.dropStage())
}
