/**
 * Rows that wait for their commit in tables of their own on the server, so that one commit takes
 * many batches: it costs about the same, however many rows it writes.
 */

import { cellsOf } from '../../../loader/columns/cells.ts'
import type { Step, WriteStep } from '../../../loader/commit-unit.ts'
import type { BatchSize } from '../../../loader/warehouse.ts'
import { id, list, lit, sql, type Sql } from '../../sql.ts'
import { columnNames, hasForeign } from '../../standard-sql.ts'
import type { AttemptNames } from '../commit/hidden-names.ts'
import { createTable, dropTable, insertBytes, localPlace, type ClickhouseTable } from '../sql.ts'
import { createFrom, keyParts } from './merge.ts'
import { rowChunks } from './row-binary.ts'
import type { StepContext } from './staging.ts'

/** What one commit takes. The rows wait on the server, and the batches of a stage are numbered. */
export const CLICKHOUSE_COMMIT: BatchSize = { rows: 1_000_000, bytes: 1024 ** 3 }

/** The number of the batch that a staged row came with. */
const BATCH = '_sdc_stage_batch'
const INTEGER = { kind: 'integer' } as const

type StageContext = Pick<StepContext, 'run' | 'insert' | 'place'>
type StagedWrite = WriteStep & { stage: string }

export function isStaged(step: WriteStep): step is StagedWrite {
  return step.stage !== undefined
}

export class Stages {
  readonly #context: () => StageContext
  readonly #names: AttemptNames
  /** The complete batches of each stage. */
  readonly #batches = new Map<string, number>()
  /** Stages that may hold some rows of a batch that failed. They take no other batch. */
  readonly #broken = new Set<string>()

  /** @param names of an attempt that is never settled. */
  constructor(context: () => StageContext, names: AttemptNames) {
    this.#context = context
    this.#names = names
  }

  /** As `stage` of a warehouse. */
  async take(step: WriteStep, earlier?: WriteStep): Promise<WriteStep | undefined> {
    // Values of foreign types are converted by their commit.
    if (hasForeign(step) || step.columns.some(({ name }) => name === BATCH)) return undefined
    const stage = earlier?.stage ?? this.#names.work()
    if (this.#broken.has(stage)) return undefined
    try {
      if (!this.#batches.has(stage)) await this.#create(stage, step)
      await this.#insert(stage, step)
      return { ...step, stage, rowCount: step.rowCount + (earlier?.rowCount ?? 0) }
    } catch {
      // The commit writes the rows itself, and reports what is wrong.
      this.#broken.add(stage)
      return undefined
    }
  }

  async #create(stage: string, { columns }: WriteStep): Promise<void> {
    const { run, place } = this.#context()
    const numbered = [...columns, { name: BATCH, type: INTEGER }]
    await run(createTable(localPlace(place), stage, { columns: numbered }))
    this.#batches.set(stage, 0)
  }

  async #insert(stage: string, { columns, rowCount }: WriteStep): Promise<void> {
    const { insert, place } = this.#context()
    const batch = (this.#batches.get(stage) ?? 0) + 1
    const numbers = cellsOf(
      INTEGER,
      Array.from({ length: rowCount }, () => batch),
    )
    const numbered = [...columns, { name: BATCH, type: INTEGER, cells: numbers }]
    await insert(insertBytes([place.database, stage], numbered), rowChunks(numbered, rowCount))
    this.#batches.set(stage, batch)
  }

  /** Returns a table with the rows of the step: the last one of each key. */
  async rowsOf(context: StepContext, step: StagedWrite): Promise<ClickhouseTable> {
    const { database } = context.place
    const stage: ClickhouseTable = [database, step.stage]
    const batches = this.#batches.get(step.stage) ?? 0
    const isWhole = !this.#broken.has(step.stage)
    const isSingle = batches === 1 || step.keys.length === 0
    if (isWhole && (isSingle || (await context.query(findRepeated(stage, step))).length === 0)) {
      return stage
    }
    const rows: ClickhouseTable = [database, context.names.work()]
    await context.run(createFrom(rows, latestRows(stage, step, batches)))
    return rows
  }

  /** Frees the rows of committed steps. Never throws: the next load frees what stays. */
  async free(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'write' && step.stage !== undefined) await this.#drop(step.stage)
    }
  }

  async #drop(stage: string): Promise<void> {
    const { run, place } = this.#context()
    this.#batches.delete(stage)
    this.#broken.delete(stage)
    await run(dropTable(localPlace(place), stage)).catch(() => undefined)
  }

  async close(): Promise<void> {
    for (const stage of this.#batches.keys()) await this.#drop(stage)
  }
}

function keySql({ keys }: WriteStep): Sql {
  return list(keys.flatMap((key) => keyParts(sql``, key)))
}

/** One row when a key is in the stage more than once. */
function findRepeated(stage: ClickhouseTable, step: WriteStep): Sql {
  return sql`select 1
from ${id(...stage)}
group by ${keySql(step)}
having count() > 1
limit 1`
}

/** The rows of complete batches; of several with the same key, the one of the last batch. */
function latestRows(stage: ClickhouseTable, step: WriteStep, batches: number): Sql {
  const latest =
    step.keys.length === 0 ? sql`` : sql`\norder by ${id(BATCH)} desc\nlimit 1 by ${keySql(step)}`
  return sql`select
  ${columnNames(step.columns)}
from ${id(...stage)}
where ${id(BATCH)} <= ${lit(batches)}${latest}`
}
