/** Commits one after the other while the next batch fills; writes each STATE when its commit is done. */

import type { Logger } from '../../logger.ts'
import type { LineWriter } from '../../singer/writer.ts'
import { CellStore } from '../columns/cell-store.ts'
import { commitUnit } from './commit.ts'
import { ledgerStep } from './ledger.ts'
import { rejectsStep, REJECTS_TABLE, type Reject } from './rejects.ts'
import type { RunStart } from '../run-start.ts'
import type { Change, Step, Warehouse, WriteStep } from '../warehouse.ts'

export interface QueueOptions {
  warehouse: Warehouse
  output: LineWriter
  logger: Logger
  signal: AbortSignal
  config: { table_prefix: string }
  ledgerTable: string
  /** Of the newest row in the ledger, 0 without one. */
  lastLoadNumber: number
  runId: string
  /** From what the run began, where somebody says so. */
  start?: RunStart | undefined
  now: () => number
}

/** What waits for one commit. */
export interface Waiting {
  changes: Change[]
  steps: Step[]
  rejects: Reject[]
  /** How many records came of each stream, how many rows they make, and which of the steps are the stream's. */
  counts: { name: string; records: number; rows: number; steps: readonly Step[] }[]
  /** The latest STATE that came before the end of these steps, as it will be printed. */
  state: string | null
}

export interface LoadTotals {
  records: number
  rows: number
  /** Rows that versions retired. */
  deleted: number
  rejected: number
  commits: number
}

export class CommitQueue {
  readonly #options: QueueOptions
  readonly #startedAtMs: number
  readonly totals: LoadTotals = {
    records: 0,
    rows: 0,
    deleted: 0,
    rejected: 0,
    commits: 0,
  }
  readonly rejectsTable: string
  /** For the rows of batches; it gets them back when they are committed. */
  readonly cells: CellStore
  #loadNumber: number
  /** What the first commit covers: the STATE from which the run began. So a run that is killed after it has an owner, and no bookmark stands for rows that are not there yet. */
  #startState: string | null
  #printedState: string | undefined
  #running: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.#startedAtMs = options.now()
    this.cells = new CellStore(options.warehouse.dialect.isNumberExact)
    this.#loadNumber = options.lastLoadNumber
    this.#startState = options.start?.state ?? null
    this.rejectsTable = options.config.table_prefix + REJECTS_TABLE
  }

  /** Begins the commit when the one before is done, and returns. Throws that one's failure. */
  async push(waiting: Waiting): Promise<void> {
    await this.settle()
    this.#running = this.#commit(waiting)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Waits until nothing is under way. Throws the failure that stopped the queue, every time. */
  async settle(): Promise<void> {
    await this.#running
    if (this.#failure) throw this.#failure.error as Error
  }

  /** Lets a commit under way go on: a full pipe would keep the loop busy with parsing. */
  async breathe(): Promise<void> {
    if (this.#running) await new Promise((resolve) => setImmediate(resolve))
    if (this.#failure) throw this.#failure.error as Error
  }

  async #commit(waiting: Waiting): Promise<void> {
    const { warehouse, logger, signal, ledgerTable, runId, now } = this.#options
    const loadNumber = this.#loadNumber + 1
    const beganAtMs = now()
    const began = performance.now()
    const steps = [...waiting.steps]
    if (waiting.rejects.length > 0) {
      steps.push(rejectsStep(this.rejectsTable, waiting.rejects, { id: runId, nowMs: beganAtMs }))
    }
    const row = {
      loadNumber,
      runId,
      startedAtMs: this.#startedAtMs,
      committedAtMs: beganAtMs,
      rowCounts: new Map(
        waiting.counts.filter(({ records }) => records > 0).map(({ name, rows }) => [name, rows]),
      ),
      state: waiting.state ?? this.#startState,
    }
    steps.push(ledgerStep(ledgerTable, row))
    const isRecorded = async () => {
      const { newest } = await warehouse.lastLoads(ledgerTable)
      return newest?.runId === runId && newest.loadNumber === loadNumber
    }
    const unit = { changes: waiting.changes, steps, ledger: { table: ledgerTable, loadNumber } }
    const retired = await commitUnit(unit, { warehouse, isRecorded, logger, signal })
    for (const step of waiting.steps) if (step.kind === 'write') this.#release(step)
    this.#loadNumber = loadNumber
    this.#startState = null
    this.#count(waiting, performance.now() - began)
    this.#countDeleted(waiting, new Map(steps.map((step, at) => [step, retired[at] ?? 0])))
    await this.#print(waiting.state)
  }

  #release({ columns }: WriteStep): void {
    for (const { cells } of columns) this.cells.give(cells)
  }

  #count({ counts, rejects }: Waiting, tookMs: number): void {
    const { logger } = this.#options
    this.totals.commits++
    this.totals.rejected += rejects.length
    for (const { name, records, rows } of counts) {
      this.totals.records += records
      this.totals.rows += rows
      this.#counter('record_count', name, records)
      const rejected = rejects.filter(({ stream }) => stream === name).length
      this.#counter('rejected_count', name, rejected)
    }
    logger.metric({
      type: 'timer',
      metric: 'batch_processing_time',
      value: tookMs / 1000,
      tags: { status: 'succeeded' },
    })
  }

  #countDeleted({ counts }: Waiting, retired: ReadonlyMap<Step, number>): void {
    for (const { name, steps } of counts) {
      const deleted = steps.reduce((sum, step) => sum + (retired.get(step) ?? 0), 0)
      this.totals.deleted += deleted
      this.#counter('deleted_count', name, deleted)
    }
  }

  #counter(metric: string, stream: string, value: number): void {
    if (value === 0) return
    this.#options.logger.metric({ type: 'counter', metric, value, tags: { stream } })
  }

  async #print(state: string | null): Promise<void> {
    if (state === null || state === this.#printedState) return
    this.#printedState = state
    await this.#options.output.writeLine(state)
    await this.#options.output.flush()
  }
}
