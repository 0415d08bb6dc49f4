/** One unit into the warehouse, again in a new transaction when it failed for a passing reason. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { CommitUnit, Warehouse } from './warehouse.ts'

export interface CommitOptions {
  warehouse: Warehouse
  /** Whether the ledger says that this very unit is committed. */
  isRecorded: () => Promise<boolean>
  logger: Logger
  signal: AbortSignal
  /** @default 500, 1000, 2000, 4000, 8000, 15000 */
  waitsMs?: readonly number[]
}

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000]

async function attempt(
  unit: CommitUnit,
  options: CommitOptions,
  mayBeDone: boolean,
): Promise<void> {
  if (mayBeDone && (await options.isRecorded())) return
  await options.warehouse.commit(unit)
}

/** When it returns, the unit is durable. Throws the last failure; then nothing of the unit is there, unless that cannot be known. */
export async function commitUnit(unit: CommitUnit, options: CommitOptions): Promise<void> {
  const { warehouse, logger, signal } = options
  let mayBeDone = false
  for (const waitMs of options.waitsMs ?? WAITS_MS) {
    try {
      await attempt(unit, options, mayBeDone)
      return
    } catch (error) {
      const failure = warehouse.classify(error)
      if (failure === 'final' || signal.aborted) throw error
      if (failure === 'outcome-unknown') mayBeDone = true
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn('A batch was not committed; it is tried again.', { reason, wait_ms: waitMs })
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      await warehouse.recover().catch(() => undefined)
    }
  }
  await attempt(unit, options, mayBeDone)
}
