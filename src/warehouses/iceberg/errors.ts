/**
 * What errors of an Iceberg catalog or of its object store mean. DuckDB gives no codes, so its
 * messages are matched.
 */

import { AppError } from '../../errors.ts'
import type { Failure } from '../../loader/warehouse.ts'
import type { DuckdbFailure } from '../duckdb/engine.ts'
import { messageOf, reasonOf, wrapError } from '../duckdb/errors.ts'
import { failureOf, ServerError } from '../server-error.ts'

/**
 * Where DuckDB and its extensions write the status of a response. What comes later in a message may
 * be the response itself, and names of tables and files may be anywhere.
 */
const STATUS = [
  /returned a non-200 status code \(\w+_(\d{3})\)/,
  / returned response code \w+_(\d{3})\b/,
  /returned an error response \(HTTP (\d{3})\)/,
  /^[^']*OAuth2 token request failed \(\w+_(\d{3})\)/,
  /^[^']*Could not get token from \S+ HTTP \w+_(\d{3}) - /,
  /HTTP (?:GET )?error (?:on|reading) '[^']*'(?: in region '[^']*')? \(HTTP (\d{3})\b/,
  /Unable to connect to URL [^\n]*? \(HTTP code (\d{3})\)/,
  /Request returned HTTP (\d{3}) for HTTP [A-Z]+ to '/,
]
/** Who answered, by the words above. Everything else is the object store. */
const CATALOG = /returned a non-200 status code| returned response code |request to endpoint '/
const LOGIN = /OAuth2 token request failed|Could not get token from/

/** A server could not be reached, or ended the connection. */
const UNREACHABLE =
  /Could not (?:connect|establish connection)|Connection (?:refused|reset|error|closed)|Failed to (?:read|write) connection|SSL|[Tt]imed? ?out|HTTP Error:|HTTP code 0\b|error for HTTP [A-Z]+ to '|failed: \(ERROR /
const FULL = /No space left|Could not write/
/** What an object store says when it does not accept the keys or the bucket. */
const STORE_REFUSED = /\b(?:AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket)\b/

function statusOf(message: string): number | undefined {
  const found = STATUS.map((pattern) => pattern.exec(message)).filter((match) => match !== null)
  const first = found.toSorted((a, b) => a.index - b.index)[0]
  return first && Number(first[1])
}

/** Another load changed the same tables, and its commit came first. */
function isConflict(message: string): boolean {
  return statusOf(message) === 409
}

function isRefused(message: string): boolean {
  const status = statusOf(message)
  if (status === undefined) return false
  return status === 401 || status === 403 || STORE_REFUSED.test(message)
}

/** The server has an error of its own, or cannot be reached. Other requests would fail again. */
function isUnreachable(message: string): boolean {
  const status = statusOf(message)
  return status === undefined
    ? UNREACHABLE.test(message)
    : status >= 500 || [408, 429].includes(status)
}

function icebergFailure(message: string, isCommitting: boolean): Failure {
  // After COMMIT was sent, only the ledger knows what became of it: DuckDB sends the request again
  // when the response is lost, and a second one conflicts with the first.
  if (isCommitting && !isRefused(message)) return 'outcome-unknown'
  if (isConflict(message)) return 'transient'
  if (FULL.test(message) || isRefused(message)) return 'final'
  return isUnreachable(message) ? 'transient' : 'final'
}

function serverOf(message: string): string {
  if (LOGIN.test(message)) return 'OAuth2 server'
  return CATALOG.test(message) ? 'catalog' : 'object store'
}

/** The server's status instead of its whole response, which DuckDB's message quotes. */
function icebergReason(cause: Error): string {
  if (isConflict(cause.message)) return 'another commit came first'
  const status = statusOf(cause.message)
  if (status === undefined) return reasonOf(cause)
  return `the ${serverOf(cause.message)} answered with status ${status}`
}

function hintOf(message: string): string | undefined {
  if (!isRefused(message)) return undefined
  switch (serverOf(message)) {
    case 'OAuth2 server':
      return 'Check ICEBERG_CLIENT_ID, ICEBERG_CLIENT_SECRET and ICEBERG_OAUTH2_SCOPE.'
    case 'catalog':
      return 'Check the credentials of the catalog, and its grants for the namespace.'
    default:
      return 'Check the keys of the object store: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.'
  }
}

/** Turns an error of DuckDB into ours. Our own errors and bugs stay as they are. */
export function wrapIcebergError(cause: unknown, failure: DuckdbFailure): unknown {
  const { what, isCommitting = false } = failure
  if (cause instanceof AppError || cause instanceof TypeError || !(cause instanceof Error)) {
    return cause
  }
  const message = messageOf(cause)
  const kind = icebergFailure(message, isCommitting)
  const hint = hintOf(message)
  if (kind === 'final' && hint === undefined) return wrapError(cause, failure)
  const code = isUnreachable(message) ? 'CONNECTION_FAILED' : 'WAREHOUSE_FAILED'
  return new ServerError(code, `${what} (${icebergReason(cause)}).`, {
    failure: kind,
    cause,
    hint: hint ?? 'Run again. The next run resumes from the newest STATE.',
  })
}

/** For errors of `commit` and of queries. */
export function classifyIcebergError(error: unknown): Failure {
  if (error instanceof AppError) return failureOf(error)
  return icebergFailure(messageOf(error), false)
}
