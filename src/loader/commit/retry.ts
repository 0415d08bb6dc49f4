/**
 * Retries transient warehouse failures: the only retry loop of the loader, for commits and queries.
 * Our own, because the warehouse decides what is transient and must recover between attempts.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Warehouse, WarehouseReader } from '../warehouse.ts'

export interface RetryOptions {
  warehouse: Pick<Warehouse, 'classify' | 'recover'>
  logger: Logger
  /** When aborted, the wait ends and there is no further attempt. */
  signal: AbortSignal
  /** @default 500, 1000, 2000, 4000, 8000, 15000 */
  waitsMs?: readonly number[]
}

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000]

/** The first failure says how to fix it, as the last one does. */
function reasonOf(error: unknown, isFirst: boolean): string {
  if (isFirst && error instanceof AppError) return error.fullText
  return error instanceof Error ? error.message : String(error)
}

/** Throws the last error. Logs `warning` before each retry. */
export async function retryTransient<T>(
  work: () => Promise<T>,
  warning: string,
  options: RetryOptions,
): Promise<T> {
  const { warehouse, logger, signal } = options
  for (const [retries, waitMs] of (options.waitsMs ?? WAITS_MS).entries()) {
    try {
      return await work()
    } catch (error) {
      if (warehouse.classify(error) === 'final' || signal.aborted) throw error
      const reason = reasonOf(error, retries === 0)
      logger.warn('warehouse_retried', warning, { reason, wait_ms: waitMs })
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      await warehouse.recover().catch(() => undefined)
    }
  }
  return work()
}

/** Wraps the queries that planning needs, so that transient failures are retried. */
export function withRetries(
  warehouse: Warehouse,
  options: Omit<RetryOptions, 'warehouse'>,
): WarehouseReader {
  const retried = <T>(query: () => Promise<T>) =>
    retryTransient(query, 'A query failed and is retried.', {
      ...options,
      warehouse,
    })
  return {
    dialect: warehouse.dialect,
    describe: (prefix) => retried(() => warehouse.describe(prefix)),
    describeViews: (prefix) => retried(() => warehouse.describeViews(prefix)),
    isExact: (question) => retried(() => warehouse.isExact(question)),
    holds: (table, column, content) => retried(() => warehouse.holds(table, column, content)),
    canMove: (table, from, to) => retried(() => warehouse.canMove(table, from, to)),
    findUsers: (table, column, to) => retried(() => warehouse.findUsers(table, column, to)),
    lastLoads: (ledgerTable) => retried(() => warehouse.lastLoads(ledgerTable)),
    storedComments: (ledgerTable) => retried(() => warehouse.storedComments(ledgerTable)),
  }
}
