/** Attaches a lake to DuckDB: its keys, then its catalog. */

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { WarehouseOptions } from '../../loader/warehouse.ts'
import { isLocked, lockedError, messageOf } from '../duckdb/errors.ts'
import type { DuckdbQuery } from '../duckdb/sql.ts'
import { retryOpening } from '../opening.ts'
import type { Sql } from '../sql.ts'
import { attachLake } from './attach-sql.ts'
import { wrapLakeError } from './errors.ts'
import type { DucklakeUrl } from './url.ts'

const LOCK_WAIT_MS = 250

/** The lake does not exist. A load creates it; a program that only reads it finds no tables. */
const ABSENT = /Existing DuckLake at metadata catalog .* does not exist|database does not exist/

/** Errors about a secret could quote it, so they are replaced by CONFIG_INVALID. */
export async function createSecrets(query: DuckdbQuery, secrets: readonly Sql[]): Promise<void> {
  for (const secret of secrets) {
    await query(secret).catch(() => {
      throw new AppError('CONFIG_INVALID', 'DuckDB refused the keys of the lake.', {
        hint: 'Check the variables that begin with AWS_ or AZURE_.',
      })
    })
  }
}

export interface AttachOptions extends WarehouseOptions {
  lake: DucklakeUrl
}

/**
 * Returns the error that names the process that holds the file of the catalog, or whether the lake
 * is attached now. Two loads that create a lake at the same time disturb each other; another
 * attempt helps.
 */
async function tryAttach(
  query: DuckdbQuery,
  { lake, isReadOnly }: AttachOptions,
): Promise<{ holding: unknown } | { isAttached: boolean }> {
  try {
    await query(attachLake(lake, { isReadOnly }))
    return { isAttached: true }
  } catch (cause) {
    if (isLocked(cause)) return { holding: cause }
    if (isReadOnly && ABSENT.test(messageOf(cause))) return { isAttached: false }
    throw wrapLakeError(cause, { what: 'The lake could not be opened' })
  }
}

/**
 * Waits while another process holds the file of the catalog. Returns false for a lake that does not
 * exist and is only read.
 */
export async function attach(query: DuckdbQuery, options: AttachOptions): Promise<boolean> {
  const { lake, signal } = options
  const deadline = performance.now() + lake.lockWaitMs
  for (;;) {
    const outcome = await retryOpening(async () => tryAttach(query, options), options)
    if ('isAttached' in outcome) return outcome.isAttached
    const path = lake.catalog.kind === 'file' ? lake.catalog.path : ''
    if (performance.now() > deadline) throw lockedError(outcome.holding, path)
    await sleep(LOCK_WAIT_MS, undefined, { signal }).catch(() => undefined)
    signal?.throwIfAborted()
  }
}
