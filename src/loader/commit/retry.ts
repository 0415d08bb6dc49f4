/** What failed in the warehouse for a passing reason is done again: the one loop for commits and for questions. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import type { Warehouse, WarehouseReader } from '../warehouse.ts'

export interface RetryOptions {
  warehouse: Pick<Warehouse, 'classify' | 'recover'>
  logger: Logger
  /** Ends the waiting, and with it the tries. */
  signal: AbortSignal
  /** @default 500, 1000, 2000, 4000, 8000, 15000 */
  waitsMs?: readonly number[]
}

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000]

/** Throws the last failure. `warning` is the sentence for the log when there will be another try. */
export async function retryTransient<T>(
  work: () => Promise<T>,
  warning: string,
  options: RetryOptions,
): Promise<T> {
  const { warehouse, logger, signal } = options
  for (const waitMs of options.waitsMs ?? WAITS_MS) {
    try {
      return await work()
    } catch (error) {
      if (warehouse.classify(error) === 'final' || signal.aborted) throw error
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn('warehouse_retried', warning, { reason, wait_ms: waitMs })
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      await warehouse.recover().catch(() => undefined)
    }
  }
  return work()
}

/** The same questions, asked again when the answer was lost. */
export function withRetries(
  warehouse: Warehouse,
  options: Omit<RetryOptions, 'warehouse'>,
): WarehouseReader {
  const ask = <T>(question: () => Promise<T>) =>
    retryTransient(question, 'A question to the database was not answered; it is asked again.', {
      ...options,
      warehouse,
    })
  return {
    dialect: warehouse.dialect,
    describe: (prefix) => ask(() => warehouse.describe(prefix)),
    isExact: (question) => ask(() => warehouse.isExact(question)),
    holds: (table, column, content) => ask(() => warehouse.holds(table, column, content)),
    canMove: (table, from, to) => ask(() => warehouse.canMove(table, from, to)),
    findUsers: (table, column, to) => ask(() => warehouse.findUsers(table, column, to)),
    lastLoads: (ledgerTable) => ask(() => warehouse.lastLoads(ledgerTable)),
  }
}
