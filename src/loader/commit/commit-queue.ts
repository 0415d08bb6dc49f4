/**
 * Commits one unit after another while the next batch fills. Writes each STATE after its commit.
 */

import type { Logger } from '../../logger.ts'
import type { LineWriter } from '../../singer/writer.ts'
import { CellStore } from '../columns/cell-store.ts'
import type { RunStart } from './run-start.ts'
import type { Warehouse } from '../warehouse.ts'
import type { Change, Step } from '../commit-unit.ts'
import { setByChanges } from '../tables/comments.ts'
import { commitUnit } from './commit.ts'
import { ledgerStep } from './ledger.ts'
import { LoadCounter, type LoadTotals } from './load-totals.ts'
import { rejectsStep, REJECTS_TABLE, type Reject } from './rejects.ts'
import { StagedSteps, type StreamSteps } from './staged-steps.ts'

export interface QueueOptions {
  warehouse: Warehouse
  output: LineWriter
  logger: Logger
  signal: AbortSignal
  config: { table_prefix: string }
  ledgerTable: string
  /** Number of the newest row in the ledger, 0 if there is none. */
  lastLoadNumber: number
  runId: string
  /** What the run started from, if the caller knows. */
  start?: RunStart | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

/** What one commit makes durable. */
export interface PendingUnit {
  changes: Change[]
  steps: Step[]
  rejects: Reject[]
  /** By stream: how many records, how many rows they make, and the stream's steps. */
  counts: StreamSteps[]
  /** The latest STATE before the end of these steps, as it will be printed; null for none. */
  state: string | null
}

export class CommitQueue {
  /** Column buffers for batches. Those of a batch come back when it is committed. */
  readonly cells: CellStore
  readonly rejectsTable: string
  readonly #staged: StagedSteps
  readonly #options: QueueOptions
  readonly #startedAtMs: number
  readonly #counter: LoadCounter
  #loadNumber: number
  /**
   * Covered by the first commit if no STATE came with it: the STATE that the run started from. So
   * the tables of a run that is killed have an owner, and no bookmark is ahead of its rows.
   */
  #startState: string | null
  #printedState: string | undefined
  #running: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.#startedAtMs = options.now()
    this.#counter = new LoadCounter(options.logger)
    this.cells = new CellStore(options.warehouse.dialect.isNumberExact)
    this.#staged = new StagedSteps(options.warehouse, this.cells)
    this.#loadNumber = options.lastLoadNumber
    this.#startState = options.start?.state ?? null
    this.rejectsTable = options.config.table_prefix + REJECTS_TABLE
  }

  get totals(): LoadTotals {
    return this.#counter.totals
  }

  /**
   * Hands rows to the warehouse ahead of their commit. Returns false when it could not take all of
   * them, and they must be committed now.
   */
  async stage(streams: readonly StreamSteps[]): Promise<boolean> {
    await this.#staged.add(streams)
    return !this.#staged.isRefused
  }

  /**
   * Returns the steps of the next commit: those staged, then these. While a commit is running,
   * there is time to stage these too.
   */
  async collect(streams: readonly StreamSteps[]): Promise<StreamSteps[]> {
    const stages = this.#options.warehouse.stage !== undefined
    const isWorthwhile = this.#running !== undefined || !this.#staged.isEmpty
    if (!stages || !isWorthwhile) return [...streams]
    await this.#staged.add(streams)
    return this.#staged.take()
  }

  /** Waits for the previous commit, then begins this one. Throws as `waitForCommit` does. */
  async begin(unit: PendingUnit): Promise<void> {
    await this.waitForCommit()
    this.#running = this.#commit(unit)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Waits until no commit is running. Throws the error that stopped the queue, on every call. */
  async waitForCommit(): Promise<void> {
    await this.#running
    if (this.#failure) throw this.#failure.error as Error
  }

  /**
   * Lets a running commit proceed: while the input pipe is full, parsing would keep the event loop
   * busy. Throws as `waitForCommit` does.
   */
  async yieldToCommit(): Promise<void> {
    if (this.#running) await new Promise((resolve) => setImmediate(resolve))
    if (this.#failure) throw this.#failure.error as Error
  }

  async #commit(unit: PendingUnit): Promise<void> {
    const { warehouse, logger, signal, ledgerTable, runId, now } = this.#options
    const loadNumber = this.#loadNumber + 1
    const nowMs = now()
    const beganAtMs = performance.now()
    const steps = this.#allSteps(unit, loadNumber, nowMs)
    const isRecorded = async () => {
      const { newest } = await warehouse.lastLoads(ledgerTable)
      return newest?.runId === runId && newest.loadNumber === loadNumber
    }
    const retiredRows = await commitUnit(
      { changes: unit.changes, steps, ledger: { table: ledgerTable, loadNumber } },
      { warehouse, isRecorded, logger, signal },
    )
    for (const step of unit.steps) this.#releaseCells(step)
    this.#loadNumber = loadNumber
    this.#startState = null
    const retired = new Map(steps.map((step, at) => [step, retiredRows[at] ?? 0]))
    this.#counter.countCommit(unit, retired, performance.now() - beganAtMs)
    await this.#printState(unit.state)
  }

  /** The unit's steps, then those of our own tables. The ledger's row is the last. */
  #allSteps(
    { changes, steps, rejects, counts, state }: PendingUnit,
    loadNumber: number,
    nowMs: number,
  ): Step[] {
    const { ledgerTable, runId } = this.#options
    const all = [...steps]
    if (rejects.length > 0) all.push(rejectsStep(this.rejectsTable, rejects, { id: runId, nowMs }))
    const loaded = counts.filter(({ records }) => records > 0)
    const row = {
      loadNumber,
      runId,
      startedAtMs: this.#startedAtMs,
      committedAtMs: nowMs,
      rowCounts: new Map(loaded.map(({ name, rows }) => [name, rows])),
      state: state ?? this.#startState,
      comments: setByChanges(changes, [ledgerTable, this.rejectsTable]),
    }
    all.push(ledgerStep(ledgerTable, row))
    return all
  }

  #releaseCells(step: Step): void {
    if (step.kind !== 'write' || step.stage !== undefined) return
    for (const { cells } of step.columns) this.cells.give(cells)
  }

  async #printState(state: string | null): Promise<void> {
    if (state === null || state === this.#printedState) return
    this.#printedState = state
    await this.#options.output.writeLine(state)
    await this.#options.output.flush()
  }
}
