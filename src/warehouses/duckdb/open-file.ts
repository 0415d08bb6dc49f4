/** Opens the DuckDB file, and waits for another process that holds it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { WarehouseOptions } from '../../target/warehouse.ts'
import { isLocked, lockedError, wrapError } from './errors.ts'
import type { DuckdbUrl } from './url.ts'

/** Freed memory goes back to the system after a megabyte instead of 128 and 512: a load's peak is about an eighth lower. */
const FRUGAL_ALLOCATOR = {
  allocator_flush_threshold: '1MB',
  allocator_bulk_deallocation_flush_threshold: '1MB',
}
const FIRST_LOCK_WAIT_MS = 100
const MAX_LOCK_WAIT_MS = 1000

/**
 * The open file. Throws WAREHOUSE_BUSY when another process holds it for longer than `lock_wait_seconds`, WAREHOUSE_FAILED when it
 * cannot be opened, and the signal's reason.
 */
export async function openFile(
  { path, options, lockWaitMs }: DuckdbUrl,
  { isReadOnly, logger, signal }: WarehouseOptions,
): Promise<DuckDBInstance> {
  const settings = {
    ...FRUGAL_ALLOCATOR,
    ...options,
    access_mode: isReadOnly ? 'READ_ONLY' : 'READ_WRITE',
    autoinstall_known_extensions: 'false',
  }
  const deadline = performance.now() + lockWaitMs
  for (let waitMs = FIRST_LOCK_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_LOCK_WAIT_MS)) {
    try {
      return await DuckDBInstance.create(path, settings)
    } catch (cause) {
      if (!isLocked(cause)) throw wrapError(cause, `The DuckDB file ${path} could not be opened`)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw lockedError(cause, path)
      if (waitMs === FIRST_LOCK_WAIT_MS) {
        logger.info('Another process holds the DuckDB file; waiting for it.', { path })
      }
      await sleep(Math.min(waitMs, leftMs), undefined, { signal }).catch(() => undefined)
      signal?.throwIfAborted()
    }
  }
}
