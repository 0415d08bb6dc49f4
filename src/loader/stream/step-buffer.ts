/** The steps of one stream that wait for the next commit, and the batch that still takes rows. */

import type { EmptyStep, RetireStep, Step } from '../commit-unit.ts'
import type { Batch } from './batch.ts'

/** What a stream contributes to a commit. */
export interface DrainedSteps {
  /** In order. */
  steps: Step[]
  /** Records that were added since the last commit. */
  records: number
  /** Rows of the batches in `steps`: fewer than `records` where keys repeat in a batch. */
  rows: number
}

export interface StepBufferOptions {
  /** Called for the first row, and for the first row after each `seal`. */
  createBatch: () => Batch
  /** With `load_method: overwrite`, the run's first step for the table. */
  emptyStep: EmptyStep | undefined
}

export class StepBuffer {
  readonly #createBatch: () => Batch
  readonly #emptyStep: EmptyStep | undefined
  #hasEmptied = false
  #batch: Batch | undefined
  #steps: Step[] = []
  #records = 0
  #rows = 0

  constructor({ createBatch, emptyStep }: StepBufferOptions) {
    this.#createBatch = createBatch
    this.#emptyStep = emptyStep
  }

  /** The batch that takes the next row. */
  get batch(): Batch {
    return (this.#batch ??= this.#createBatch())
  }

  /** Undefined until a row was tried after the last `seal`. */
  get openBatch(): Batch | undefined {
    return this.#batch
  }

  /** Counts a record that was added to the batch. */
  countRecord(): void {
    this.#records++
  }

  /** Appends a step that runs after the rows so far. */
  push(step: RetireStep): void {
    this.seal()
    this.#steps.push(step)
  }

  /** Whether this run empties the table, or has done so. */
  get hasEmptied(): boolean {
    return this.#hasEmptied
  }

  /** Appends the empty step, if there is one and the run did not append it before. */
  emptyOnce(): void {
    if (!this.#emptyStep || this.#hasEmptied) return
    this.#hasEmptied = true
    this.#steps.push(this.#emptyStep)
  }

  /** Makes a step of the rows, if there are any. The next row begins another batch. */
  seal(): void {
    if (!this.#batch || this.#batch.rowCount === 0) return
    this.emptyOnce()
    this.#rows += this.#batch.rowCount
    this.#steps.push(this.#batch.seal())
    this.#batch = undefined
  }

  /** Drops the batch, which must be empty: its columns belong to an earlier plan. */
  dropEmptyBatch(): void {
    this.#batch = undefined
  }

  /** Returns everything since the last call. */
  drain(): DrainedSteps {
    this.seal()
    const drained = { steps: this.#steps, records: this.#records, rows: this.#rows }
    this.#steps = []
    this.#records = 0
    this.#rows = 0
    return drained
  }
}
