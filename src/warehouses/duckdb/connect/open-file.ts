/** Opens the DuckDB file. Waits while another process holds it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../../errors.ts'
import type { WarehouseOptions } from '../../../loader/warehouse.ts'
import { isLocked, lockedError, wrapError } from '../errors.ts'
import type { DuckdbUrl } from '../url.ts'
import { DuckDBInstance } from './driver.ts'

/**
 * Returns freed memory to the system after 1 MB instead of 128 and 512 MB. The peak is about an
 * eighth lower.
 */
export const FRUGAL_ALLOCATOR = {
  allocator_flush_threshold: '1MB',
  allocator_bulk_deallocation_flush_threshold: '1MB',
}
const FIRST_LOCK_WAIT_MS = 100
const MAX_LOCK_WAIT_MS = 1000

/** The driver's whole message for an option with a value that DuckDB does not accept. */
const REFUSED_OPTION = 'Failed to set config'

/** CONFIG_INVALID for a setting that DuckDB did not accept. */
export function refusedOption(options: DuckdbUrl['options'], cause: Error): AppError {
  const names = Object.keys(options).map((name) => `\`${name}\``)
  const which = names.length === 1 ? '' : 'one of '
  return new AppError(
    'CONFIG_INVALID',
    `DuckDB does not accept the value of ${which}${names.join(', ')} in \`warehouse_url\`.`,
    {
      hint: 'Write a number of at least 1 for threads, and memory_limit as in 500MB or 2GB.',
      cause,
    },
  )
}

/** True for an error about a setting of the instance. */
export function isRefusedOption(cause: unknown): cause is Error {
  return cause instanceof Error && cause.message === REFUSED_OPTION
}

/**
 * One core is left to the thread that reads the input. With more threads than that, DuckDB's
 * waiting thread takes the core away: it asks for work again and again without a pause. Loads into
 * a DuckLake took a third more CPU time with one thread per core. Closes the instance on failure.
 */
export async function leaveOneCore(instance: DuckDBInstance): Promise<void> {
  try {
    const connection = await instance.connect()
    // DuckDB knows the limits of a container, which Node 20 does not.
    const found = await connection.runAndReadAll("select current_setting('threads')")
    const threads = Math.max(1, Number(found.getRows()[0]?.[0]) - 1)
    await connection.run(`set threads = ${threads}`)
    connection.disconnectSync()
  } catch (error) {
    instance.closeSync()
    throw error
  }
}

/** A file that stays open could not be opened again in this process or another one. */
async function createInstance(
  path: string,
  settings: Record<string, string>,
): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, settings)
  if (settings['threads'] === undefined) await leaveOneCore(instance)
  return instance
}

/**
 * Throws CONFIG_INVALID for an option that DuckDB does not accept, WAREHOUSE_BUSY when another
 * process holds the file for longer than `lock_wait_seconds`, WAREHOUSE_FAILED when the file cannot
 * be opened, and the signal's reason when it is aborted.
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
      return await createInstance(path, settings)
    } catch (cause) {
      if (isRefusedOption(cause)) throw refusedOption(options, cause)
      if (!isLocked(cause))
        throw wrapError(cause, { what: `The DuckDB file ${path} could not be opened` })
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw lockedError(cause, path)
      if (waitMs === FIRST_LOCK_WAIT_MS) {
        logger.info('file_locked', 'Another process holds the DuckDB file; waiting for it.', {
          path,
        })
      }
      await sleep(Math.min(waitMs, leftMs), undefined, { signal }).catch(() => undefined)
      signal?.throwIfAborted()
    }
  }
}
