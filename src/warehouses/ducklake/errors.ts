/**
 * What errors of DuckLake mean. They come as messages only: DuckDB gives no codes for those of the
 * catalog's server or of the object store.
 */

import { AppError } from '../../errors.ts'
import type { Failure } from '../../loader/warehouse.ts'
import { messageOf, reasonOf, wrapError } from '../duckdb/errors.ts'
import type { DuckdbFailure } from '../duckdb/engine.ts'
import { failureOf, ServerError } from '../server-error.ts'

/** Another load changed the same tables, and its commit came first. */
const CONFLICT = /Transaction conflict/
const FULL = /No space left|Could not write/
/** The server of the catalog or the object store could not be reached, or ended the connection. */
const UNREACHABLE =
  /Unable to connect to Postgres|Failed to execute query|server closed the connection|terminating connection|could not (?:send|receive) data|HTTP (?:Error|code|0|5\d\d)|Could not establish connection|Connection (?:refused|reset|error)|timed? ?out|the database system is (?:starting|shutting)/i

/** A wrong password, an unknown database or a missing right is final, although it came at login. */
const REFUSED =
  /password authentication failed|no password supplied|does not exist|permission denied|HTTP (?:code )?40[13]|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket/i

function lakeFailure(message: string, isCommitting: boolean): Failure {
  if (CONFLICT.test(message)) return 'transient'
  if (FULL.test(message) || REFUSED.test(message)) return 'final'
  // After COMMIT was sent, only the ledger knows what became of it.
  if (isCommitting) return 'outcome-unknown'
  return UNREACHABLE.test(message) ? 'transient' : 'final'
}

function hintOf(message: string): string | undefined {
  if (
    /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|HTTP (?:code )?40[13]/i.test(message)
  ) {
    return 'Check the keys for `data_path`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.'
  }
  if (/NoSuchBucket/i.test(message)) return 'Create the bucket, or correct `data_path`.'
  return undefined
}

/** Turns an error of DuckDB into ours. Our own errors and bugs stay as they are. */
export function wrapLakeError(cause: unknown, failure: DuckdbFailure): unknown {
  const { what, isCommitting = false } = failure
  const message = messageOf(cause)
  const isOurs = cause instanceof AppError || cause instanceof TypeError
  if (isOurs || !(cause instanceof Error)) return cause
  const kind = lakeFailure(message, isCommitting)
  if (kind === 'final') return wrapError(cause, failure)
  const code = UNREACHABLE.test(message) ? 'CONNECTION_FAILED' : 'WAREHOUSE_FAILED'
  return new ServerError(code, `${what} (${reasonOf(cause)}).`, {
    failure: kind,
    cause,
    hint: hintOf(message) ?? 'Run again. The next run resumes from the newest STATE.',
  })
}

/** For errors of `commit` and of queries. */
export function classifyLakeError(error: unknown): Failure {
  if (error instanceof AppError) return failureOf(error)
  return lakeFailure(messageOf(error), false)
}
