/** Commits one unit, and retries transient failures. */

import { retryTransient, type RetryOptions } from './retry.ts'
import type { Warehouse } from '../warehouse.ts'
import type { CommitUnit } from '../commit-unit.ts'

export interface CommitOptions extends RetryOptions {
  warehouse: Warehouse
  /** Whether the ledger has the row of this unit. */
  isRecorded: () => Promise<boolean>
}

/**
 * Returns when the unit is durable, with the rows that each step retired; empty if the response to
 * the commit was lost. Throws the last error. Then the unit was not committed, unless the last
 * outcome is unknown.
 */
export async function commitUnit(
  unit: CommitUnit,
  options: CommitOptions,
): Promise<readonly number[]> {
  const { warehouse, isRecorded } = options
  let isOutcomeUnknown = false
  const attempt = async (): Promise<readonly number[]> => {
    if (isOutcomeUnknown && (await isRecorded())) return []
    try {
      return await warehouse.commit(unit)
    } catch (error) {
      if (warehouse.classify(error) === 'outcome-unknown') isOutcomeUnknown = true
      throw error
    }
  }
  return retryTransient(attempt, 'A commit failed and is retried.', options)
}
