/** What a transaction does to the tables: changes of their shape, then rows. */

import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type { Sql } from '../sql.ts'
import type { Change, Step, WriteStep } from '../../loader/warehouse.ts'
import { changeTable } from './changes.ts'
import {
  emptyTable,
  findRow,
  hasForeign,
  type ForeignStep,
  type StagedStep,
} from '../standard-sql.ts'
import { ForeignColumns } from './foreign.ts'
import {
  createStage,
  dropStage,
  insertStaged,
  mergeStaged,
  retireRows,
  type DuckdbTable,
} from './sql.ts'
import { appendRows } from './staging.ts'

const STAGE = '_sdc_stage'
/** Rows as they came, before foreign columns are tried. */
const RAW = '_sdc_raw'

export interface WriterOptions {
  connection: DuckDBConnection
  query: (statement: Sql) => Promise<DuckDBValue[][]>
  name: (table: string) => DuckdbTable
  besideLog: VariantWarnings
}

/** Works in the transaction that is running. */
export class Writer {
  readonly #options: WriterOptions
  readonly #foreign: ForeignColumns

  constructor(options: WriterOptions) {
    this.#options = options
    this.#foreign = new ForeignColumns({ query: options.query, log: options.besideLog })
  }

  async change(change: Change): Promise<void> {
    await this.#options.query(changeTable(this.#options.name(change.table), change))
  }

  /** How many rows the step retired. */
  async apply(step: Step): Promise<number> {
    switch (step.kind) {
      case 'write':
        await this.#write(step)
        return 0
      case 'retire': {
        const { foreign } = step
        if (foreign)
          return this.#foreign.retire(this.#options.name(step.table), { ...step, foreign })
        const [row] = await this.#options.query(retireRows(this.#options.name(step.table), step))
        return Number(row?.[0] ?? 0)
      }
      case 'empty':
        await this.#options.query(emptyTable(this.#options.name(step.table)))
        return 0
    }
  }

  async #write(step: WriteStep): Promise<void> {
    const table = this.#options.name(step.table)
    const staged = hasForeign(step) ? await this.#stageForeign(table, step) : step
    if (staged === step) await this.#stage(STAGE, step)
    const isMerge = step.keys.length > 0 && (await this.#options.query(findRow(table))).length > 0
    const isPlain = !isMerge && step.deleteWhereSet === undefined
    await this.#options.query(
      isPlain ? insertStaged(table, STAGE, staged) : mergeStaged(table, STAGE, staged),
    )
    await this.#options.query(dropStage(STAGE))
  }

  async #stageForeign(table: DuckdbTable, step: ForeignStep): Promise<StagedStep> {
    await this.#stage(RAW, step)
    const columns = await this.#foreign.fit(table, step, { stage: STAGE, raw: RAW })
    await this.#options.query(dropStage(RAW))
    return { ...step, columns }
  }

  async #stage(stage: string, { columns, rowCount }: WriteStep): Promise<void> {
    await this.#options.query(createStage(stage, columns))
    const appender = await this.#options.connection.createAppender(stage, 'main', 'temp')
    try {
      appendRows(appender, columns, rowCount)
    } finally {
      appender.closeSync()
    }
  }
}
