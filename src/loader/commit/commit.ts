/** One unit into the warehouse, again in a new transaction when it failed for a passing reason. */

import { retryTransient, type RetryOptions } from './retry.ts'
import type { CommitUnit, Warehouse } from '../warehouse.ts'

export interface CommitOptions extends RetryOptions {
  warehouse: Warehouse
  /** Whether the ledger says that this very unit is committed. */
  isRecorded: () => Promise<boolean>
}

/**
 * When it returns, the unit is durable; it gives the rows that each step retired, nothing where the answer was lost. Throws the last failure; then nothing of the unit is there, unless that
 * cannot be known.
 */
export async function commitUnit(
  unit: CommitUnit,
  options: CommitOptions,
): Promise<readonly number[]> {
  const { warehouse, isRecorded } = options
  let mayBeDone = false
  const attempt = async (): Promise<readonly number[]> => {
    if (mayBeDone && (await isRecorded())) return []
    try {
      return await warehouse.commit(unit)
    } catch (error) {
      if (warehouse.classify(error) === 'outcome-unknown') mayBeDone = true
      throw error
    }
  }
  return retryTransient(attempt, 'A batch was not committed; it is tried again.', options)
}
