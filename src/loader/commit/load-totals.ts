/** Counts what the commits of a run loaded, and logs it as metrics. */

import type { Logger } from '../../logger.ts'
import type { Step } from '../commit-unit.ts'
import type { PendingUnit } from './commit-queue.ts'

export interface LoadTotals {
  /** Valid records. */
  records: number
  /** Rows of all batches: fewer than records where keys repeat in one. */
  rows: number
  /** Rows that ACTIVATE_VERSION retired. */
  deleted: number
  /** Records that were rejected. */
  rejected: number
  commits: number
}

export class LoadCounter {
  readonly totals: LoadTotals = { records: 0, rows: 0, deleted: 0, rejected: 0, commits: 0 }
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Counts a successful commit.
   * @param retired how many rows each step retired.
   */
  countCommit(unit: PendingUnit, retired: ReadonlyMap<Step, number>, tookMs: number): void {
    this.totals.commits++
    this.totals.rejected += unit.rejects.length
    for (const { name, records, rows } of unit.counts) {
      this.totals.records += records
      this.totals.rows += rows
      this.#logCounter('record_count', name, records)
      const rejected = unit.rejects.filter(({ stream }) => stream === name).length
      this.#logCounter('rejected_count', name, rejected)
    }
    this.#logger.metric({
      type: 'timer',
      metric: 'batch_processing_time',
      value: tookMs / 1000,
      tags: { status: 'succeeded' },
    })
    this.#countDeleted(unit, retired)
  }

  #countDeleted({ counts }: PendingUnit, retired: ReadonlyMap<Step, number>): void {
    for (const { name, steps } of counts) {
      const deleted = steps.reduce((sum, step) => sum + (retired.get(step) ?? 0), 0)
      this.totals.deleted += deleted
      this.#logCounter('deleted_count', name, deleted)
    }
  }

  #logCounter(metric: string, stream: string, value: number): void {
    if (value === 0) return
    this.#logger.metric({ type: 'counter', metric, value, tags: { stream } })
  }
}
