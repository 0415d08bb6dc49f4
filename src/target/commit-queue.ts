/** Commits one after the other while the next batch fills; writes each STATE when its commit is done. */

import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import { commitUnit } from './commit.ts'
import { ledgerStep } from './ledger.ts'
import { rejectsStep, REJECTS_TABLE, type Reject } from './rejects.ts'
import type { Change, Step, Warehouse } from './warehouse.ts'

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
  now: () => number
}

/** What waits for one commit. */
export interface Waiting {
  changes: Change[]
  steps: Step[]
  rejects: Reject[]
  /** How many records came of each stream, and how many rows they make. */
  counts: { name: string; records: number; rows: number }[]
  /** The latest STATE that came before the end of these steps, as it will be printed. */
  state: string | null
}

export interface LoadTotals {
  records: number
  rows: number
  rejected: number
  commits: number
}

export class CommitQueue {
  readonly #options: QueueOptions
  readonly #startedAtMs: number
  readonly totals: LoadTotals = { records: 0, rows: 0, rejected: 0, commits: 0 }
  readonly rejectsTable: string
  #loadNumber: number
  #printedState: string | undefined
  #running: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.#startedAtMs = options.now()
    this.#loadNumber = options.lastLoadNumber
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
    const steps = [...waiting.steps]
    if (waiting.rejects.length > 0) {
      steps.push(rejectsStep(this.rejectsTable, waiting.rejects, { id: runId, nowMs: beganAtMs }))
    }
    const row = {
      loadNumber,
      runId,
      startedAtMs: this.#startedAtMs,
      committedAtMs: beganAtMs,
      rowCounts: new Map(waiting.counts.map(({ name, rows }) => [name, rows])),
      state: waiting.state,
    }
    steps.push(ledgerStep(ledgerTable, row))
    const isRecorded = async () => {
      const { newest } = await warehouse.lastLoads(ledgerTable)
      return newest?.runId === runId && newest.loadNumber === loadNumber
    }
    await commitUnit({ changes: waiting.changes, steps }, { warehouse, isRecorded, logger, signal })
    this.#loadNumber = loadNumber
    this.#count(waiting, now() - beganAtMs)
    await this.#print(waiting.state)
  }

  #count({ counts, rejects }: Waiting, tookMs: number): void {
    const { logger } = this.#options
    this.totals.commits++
    this.totals.rejected += rejects.length
    for (const { name: stream, records, rows } of counts) {
      this.totals.records += records
      this.totals.rows += rows
      logger.metric({ type: 'counter', metric: 'record_count', value: records, tags: { stream } })
    }
    logger.metric({
      type: 'timer',
      metric: 'batch_processing_time',
      value: tookMs / 1000,
      tags: { status: 'succeeded' },
    })
  }

  async #print(state: string | null): Promise<void> {
    if (state === null || state === this.#printedState) return
    this.#printedState = state
    await this.#options.output.writeLine(state)
    await this.#options.output.flush()
  }
}
