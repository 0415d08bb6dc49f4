/** Applies the changes and steps of a unit within a transaction. */

import type { DuckDBConnection } from '@duckdb/node-api'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type { Change, RetireStep, Step, WriteStep } from '../../loader/commit-unit.ts'
import { commentOnView, createLiveView } from '../live-views.ts'
import type { Sql } from '../sql.ts'
import {
  emptyTable,
  findRow,
  hasForeign,
  type ForeignStep,
  type StagedStep,
} from '../standard-sql.ts'
import type { DuckdbQuery } from './sql.ts'
import { retireForeign } from './foreign/retire.ts'
import { stageForeign } from './foreign/stage.ts'
import { moveValues } from './tables/keys.ts'
import type { DuckdbStatements } from './engine.ts'
import { createStage, createTable, dropStage, insertStaged, retireRows, stageTable } from './sql.ts'
import type { DuckdbTable } from './sql.ts'
import { fillTable } from './tables/staging.ts'
import { keptStage } from './tables/stages.ts'

const STAGE = '_sdc_stage'
/** The stage of rows whose values are not converted yet. */
const RAW = '_sdc_raw'

export interface DuckdbWriterOptions {
  connection: DuckDBConnection
  query: DuckdbQuery
  name: (table: string) => DuckdbTable
  warnings: VariantWarnings
  statements: DuckdbStatements
}

/** Works in the transaction that is running. */
export class DuckdbWriter {
  readonly #options: DuckdbWriterOptions

  constructor(options: DuckdbWriterOptions) {
    this.#options = options
  }

  async change(change: Change): Promise<void> {
    for (const statement of await this.#changeTable(change)) await this.#options.query(statement)
  }

  async #changeTable(change: Change): Promise<readonly Sql[]> {
    const { query, name, statements } = this.#options
    const table = name(change.table)
    switch (change.kind) {
      case 'create-table':
        return [createTable(table, change.columns)]
      case 'add-column':
        return statements.addColumn(query, table, change.column)
      case 'widen-column':
        return statements.widen(query, table, change)
      case 'move-values':
        return [moveValues(table, change)]
      case 'set-comments':
        return statements.setComments(table, change)
      case 'live-view': {
        const view = name(change.view)
        // Without the name of the database, which is another one where the file is attached.
        return [createLiveView(view, table.slice(1), change), commentOnView(view)]
      }
    }
  }

  /** Returns how many rows the step retired. */
  async apply(step: Step): Promise<number> {
    const table = this.#options.name(step.table)
    switch (step.kind) {
      case 'write':
        await this.#write(table, step)
        return 0
      case 'retire':
        return this.#retire(table, step)
      case 'empty':
        await this.#options.query(emptyTable(table))
        return 0
    }
  }

  async #retire(table: DuckdbTable, step: RetireStep): Promise<number> {
    const { foreign } = step
    if (foreign) return retireForeign(this.#options, table, { ...step, foreign })
    const [row] = await this.#options.query(retireRows(table, step))
    return Number(row?.[0] ?? 0)
  }

  async #write(table: DuckdbTable, step: WriteStep): Promise<void> {
    const { query, statements } = this.#options
    const staged = hasForeign(step) ? await this.#stageForeign(table, step) : step
    const stage = step.stage === undefined ? stageTable(STAGE) : keptStage(step.stage)
    const isStaged = staged !== step || step.stage !== undefined
    if (!isStaged) await this.#stage(STAGE, step)
    const isMerge = step.keys.length > 0 && (await query(findRow(table))).length > 0
    const isPlain = !isMerge && step.deleteWhereSet === undefined
    const place = isPlain
      ? [insertStaged(table, stage, staged)]
      : statements.merge(table, stage, staged)
    for (const statement of place) await query(statement)
    // A stage of its own outlasts the transaction, which may have to be repeated.
    if (step.stage === undefined) await query(dropStage(STAGE))
  }

  async #stageForeign(table: DuckdbTable, step: ForeignStep): Promise<StagedStep> {
    await this.#stage(RAW, step)
    const names = { stage: STAGE, raw: RAW }
    const columns = await stageForeign(this.#options, table, { ...step, names })
    await this.#options.query(dropStage(RAW))
    return { ...step, columns }
  }

  async #stage(stage: string, { columns, rowCount }: WriteStep): Promise<void> {
    await this.#options.query(createStage(stage, columns))
    await fillTable(this.#options.connection, stageTable(stage), { columns, rowCount })
  }
}
