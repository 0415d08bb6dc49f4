/** Loads a Singer stream into a warehouse: opens what the message loop needs, and runs it. */

import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import { beginLoad } from './begin-load.ts'
import { CommitQueue, type QueueOptions } from './commit/commit-queue.ts'
import type { LoadTotals } from './commit/load-totals.ts'
import { RejectList } from './commit/rejects.ts'
import { IdleWait } from './idle.ts'
import { InputWarnings } from './input-warnings.ts'
import { MessageLoop } from './message-loop.ts'
import { commitLimits, PendingCommit } from './pending-commit.ts'
import { Validators } from './schema/validate.ts'
import type { LoadConfig, StreamContext } from './stream/context.ts'
import type { Tables } from './tables/tables.ts'
import { StringCleaner } from './values/text.ts'
import type { BatchSize, Warehouse } from './warehouse.ts'

export interface LoadOptions extends Pick<QueueOptions, 'start'> {
  input: AsyncIterable<Buffer>
  /** Gets the STATE lines and nothing else. */
  output: LineWriter
  /** Open. */
  warehouse: Warehouse
  config: LoadConfig
  logger: Logger
  /** When aborted, complete lines are committed and `signal.reason` is thrown. */
  signal: AbortSignal
  runId: string
  /** Milliseconds since the epoch. */
  now: () => number
  /** As in `commitLimits`. */
  batch?: BatchSize
}

function createContext(
  { config, logger, now, warehouse: { dialect } }: LoadOptions,
  { cells }: CommitQueue,
  tables: Tables,
): StreamContext {
  return {
    config,
    tables,
    logger,
    now,
    dialect,
    cells,
    validators: new Validators(),
    startedAtMs: now(),
    stateCount: 0,
    coerce: {
      cleaner: new StringCleaner(dialect.holdsNul),
      mayNeedCleaning: false,
      isNumberExact: dialect.isNumberExact,
      numberDigits: dialect.numberDigits,
      hasOnlyWritableTimes: dialect.hasOnlyWritableTimes === true,
    },
  }
}

/**
 * Loads the input to its end. When it returns, every record is committed and the last STATE is
 * written. When it throws, earlier commits stay, their STATE was written, and no later one.
 */
export async function load(options: LoadOptions): Promise<LoadTotals> {
  const { warehouse, config, logger, signal } = options
  const { tables, ledgerTable, lastLoadNumber } = await beginLoad(options)
  const queue = new CommitQueue({ ...options, ledgerTable, lastLoadNumber })
  const context = createContext(options, queue, tables)
  const warnings = new InputWarnings(logger)
  const pending = new PendingCommit(commitLimits(config, warehouse, options.batch))
  const rejects = new RejectList(config.on_invalid_record === 'fail', logger)
  const loop = new MessageLoop({ ...options, context, queue, pending, rejects, warnings })
  const idle = new IdleWait(signal)
  try {
    await loop.run(idle)
    warnings.finish(context.coerce.cleaner.replacedCount)
  } finally {
    idle.release()
    await queue.waitForCommit().catch(() => undefined)
  }
  signal.throwIfAborted()
  return queue.totals
}
