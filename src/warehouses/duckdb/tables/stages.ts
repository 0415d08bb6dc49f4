/**
 * Rows that wait for their commit in tables of their own, in memory of DuckDB. A second connection
 * fills them, so that the rows of the next commit are staged while a commit is running.
 */

import type { DuckDBConnection } from '@duckdb/node-api'
import type { Step, WriteStep } from '../../../loader/commit-unit.ts'
import { id, render, sql, STANDARD_STYLE, type Sql } from '../../sql.ts'
import { dropTable, hasForeign } from '../../standard-sql.ts'
import { createTable, deleteReplaced, insertStaged, type DuckdbTable } from '../sql.ts'
import { fillTable } from './staging.ts'

const DATABASE = '_sdc_stages'

/** The table of a stage that outlasts transactions. */
export function keptStage(stage: string): DuckdbTable {
  return [DATABASE, 'main', stage]
}

export class Stages {
  readonly #connect: () => Promise<DuckDBConnection>
  #connection: DuckDBConnection | undefined
  #count = 0

  /** @param connect Opens another connection of the instance; its owner closes it. */
  constructor(connect: () => Promise<DuckDBConnection>) {
    this.#connect = connect
  }

  async #open(): Promise<DuckDBConnection> {
    if (this.#connection) return this.#connection
    const connection = await this.#connect()
    await connection.run(render(sql`attach ':memory:' as ${id(DATABASE)}`, STANDARD_STYLE).text)
    return (this.#connection = connection)
  }

  async #run(...statements: readonly Sql[]): Promise<void> {
    const connection = await this.#open()
    for (const statement of statements) {
      await connection.run(render(statement, STANDARD_STYLE).text)
    }
  }

  /** As `stage` of a warehouse. */
  async take(step: WriteStep, earlier?: WriteStep): Promise<WriteStep | undefined> {
    // Values of foreign types are converted in the transaction of their commit.
    if (hasForeign(step)) return undefined
    const stage = `stage_${++this.#count}`
    try {
      await this.#run(createTable(keptStage(stage), step.columns))
      await fillTable(await this.#open(), keptStage(stage), step)
      if (earlier?.stage === undefined) return { ...step, stage }
      await this.#join(step, { stage, earlier: earlier.stage })
      return { ...earlier, rowCount: earlier.rowCount + step.rowCount }
    } catch {
      // The commit stages the rows itself, and reports what is wrong.
      await this.#run(sql`rollback`).catch(() => undefined)
      await this.#drop(stage)
      return undefined
    }
  }

  /** Moves the rows of the stage to the earlier one, where they replace rows with their keys. */
  async #join(step: WriteStep, names: { stage: string; earlier: string }): Promise<void> {
    const [earlier, stage] = [keptStage(names.earlier), keptStage(names.stage)]
    await this.#run(sql`begin transaction`)
    if (step.keys.length > 0) await this.#run(deleteReplaced(earlier, stage, step))
    await this.#run(insertStaged(earlier, stage, step), dropTable(stage), sql`commit`)
  }

  async #drop(stage: string): Promise<void> {
    await this.#run(dropTable(keptStage(stage))).catch(() => undefined)
  }

  /** Frees the rows of committed steps. */
  async free(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'write' && step.stage !== undefined) await this.#drop(step.stage)
    }
  }
}
