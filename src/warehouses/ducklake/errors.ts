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
/** An error of the object store. Its words can also be values in a statement for the catalog. */
const STORE_ERROR = /(?:HTTP Error: .*HTTP |IO Error: .* error for HTTP )[\s\S]*/
/** The object store could not be reached, or is overloaded. */
const STORE_UNREACHABLE = /error for HTTP [A-Z]+ to |HTTP (?:code )?(?:408|429|5\d\d)\b/
/** The server of the catalog could not be reached, or ended the connection. */
const CATALOG_UNREACHABLE =
  /Unable to connect to Postgres|Failed to execute query|server closed the connection|terminating connection|could not (?:send|receive) data|Could not establish connection|Connection (?:refused|reset|error)|timed? ?out|the database system is (?:starting|shutting)/i

/** A wrong password, an unknown database or a missing right is final, although it came at login. */
const CATALOG_REFUSED =
  /password authentication failed|no password supplied|does not exist|permission denied/i

/** What makes an object store refuse a request, and what to do about it. The first one counts. */
const STORE_REFUSED: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /NoSuchBucket/,
    'Create the bucket, or correct `data_path` in `warehouse_url`, AWS_REGION or AWS_ENDPOINT_URL.',
  ],
  [
    /HTTP (?:code )?40[13]\b|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch/,
    'Check the keys for `data_path` in `warehouse_url`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.',
  ],
  [
    /SSL peer certificate/,
    'Check AWS_ENDPOINT_URL, and the certificate of the object store of `data_path`.',
  ],
  [
    /HTTP (?:code )?(?:3\d\d|400)\b/,
    'Check AWS_REGION, AWS_SESSION_TOKEN and AWS_ENDPOINT_URL for `data_path` in `warehouse_url`.',
  ],
  [
    /HTTP (?:code )?404\b/,
    'A file of the lake is missing. Check `data_path` in `warehouse_url` and AWS_ENDPOINT_URL.',
  ],
]

function storeError(message: string): string {
  return STORE_ERROR.exec(message)?.[0] ?? ''
}

/** What to do when the object store refused a request; undefined for other errors. */
function refusalHintOf(message: string): string | undefined {
  const text = storeError(message)
  return STORE_REFUSED.find(([pattern]) => pattern.test(text))?.[1]
}

function isStoreUnreachable(message: string): boolean {
  return STORE_UNREACHABLE.test(storeError(message))
}

function isUnreachable(message: string): boolean {
  return isStoreUnreachable(message) || CATALOG_UNREACHABLE.test(message)
}

function lakeFailure(message: string, isCommitting: boolean): Failure {
  if (CONFLICT.test(message)) return 'transient'
  if (FULL.test(message) || CATALOG_REFUSED.test(message)) return 'final'
  if (refusalHintOf(message) !== undefined) return 'final'
  // After COMMIT was sent, only the ledger knows what became of it.
  if (isCommitting) return 'outcome-unknown'
  return isUnreachable(message) ? 'transient' : 'final'
}

function hintOf(message: string): string {
  const run = 'Run again. The next run resumes from the newest STATE.'
  if (!isStoreUnreachable(message)) return run
  return `Check the object store of \`data_path\` in \`warehouse_url\`, and AWS_ENDPOINT_URL. ${run}`
}

/** Turns an error of DuckDB into ours. Our own errors and bugs stay as they are. */
export function wrapLakeError(cause: unknown, failure: DuckdbFailure): unknown {
  const { what, isCommitting = false } = failure
  const message = messageOf(cause)
  const isOurs = cause instanceof AppError || cause instanceof TypeError
  if (isOurs || !(cause instanceof Error)) return cause
  const kind = lakeFailure(message, isCommitting)
  if (kind === 'final') {
    const hint = refusalHintOf(message)
    const broken = hint === undefined ? undefined : { reason: reasonOf(cause), hint }
    return wrapError(cause, { ...failure, ...(broken && { broken }) })
  }
  const code = isUnreachable(message) ? 'CONNECTION_FAILED' : 'WAREHOUSE_FAILED'
  return new ServerError(code, `${what} (${reasonOf(cause)}).`, {
    failure: kind,
    cause,
    hint: hintOf(message),
  })
}

/** For errors of `commit` and of queries. */
export function classifyLakeError(error: unknown): Failure {
  if (error instanceof AppError) return failureOf(error)
  return lakeFailure(messageOf(error), false)
}
