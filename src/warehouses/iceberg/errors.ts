/**
 * What errors of an Iceberg catalog or of its object store mean. DuckDB gives no codes, so its
 * messages are matched.
 */

import { AppError } from '../../errors.ts'
import type { Failure } from '../../loader/warehouse.ts'
import type { DuckdbFailure } from '../duckdb/engine.ts'
import { messageOf, reasonOf, wrapError } from '../duckdb/errors.ts'
import { failureOf, ServerError } from '../server-error.ts'

/** A server could not be reached, ended the connection, or had an error of its own. */
const UNREACHABLE =
  /Could not (?:connect|establish connection)|Connection (?:refused|reset|error|closed)|Failed to (?:read|write) connection|SSL|timed? ?out|HTTP (?:Error|code|0|5\d\d|429)|\(HTTP (?:5\d\d|429)|(?:InternalServerError_500|BadGateway_502|ServiceUnavailable_503|GatewayTimeout_504|TooManyRequests_429)|returned HTTP (?:5\d\d|429)|server error for HTTP/i
const FULL = /No space left|Could not write/
/** The catalog does not accept the request, and would not later. */
const INVALID = /endpoint returned response code (?:BadRequest_400|UnprocessableEntity_422)/
/** Another load changed the same tables, and its commit came first. */
const CONFLICT = /Conflict_409|HTTP 409|CommitFailedException|Requirement failed/
const REFUSED =
  /Unauthorized_401|Forbidden_403|HTTP (?:code )?40[13]|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket|NotAuthorized/i

function icebergFailure(message: string, isCommitting: boolean): Failure {
  // After COMMIT was sent, only the ledger knows what became of it: DuckDB sends the request again
  // when the response is lost, and a second one conflicts with the first.
  if (isCommitting && !REFUSED.test(message)) return 'outcome-unknown'
  if (CONFLICT.test(message)) return 'transient'
  if ([FULL, REFUSED, INVALID].some((known) => known.test(message))) return 'final'
  return UNREACHABLE.test(message) ? 'transient' : 'final'
}

/** The catalog's status instead of its whole response, which DuckDB's message quotes. */
function icebergReason(cause: Error): string {
  if (CONFLICT.test(cause.message)) return 'another commit came first'
  const status = /\(?\b(?:\w+_|HTTP )(\d{3})\b/.exec(cause.message)?.[1]
  const server = /transactions\/commit|\/v1\//.test(cause.message) ? 'catalog' : 'object store'
  return status === undefined ? reasonOf(cause) : `the ${server} answered with status ${status}`
}

function hintOf(message: string): string | undefined {
  if (/Unauthorized_401|Forbidden_403|NotAuthorized/i.test(message)) {
    return 'Check the credentials of the catalog, and its grants for the namespace.'
  }
  if (REFUSED.test(message)) {
    return 'Check the keys of the object store: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.'
  }
  return undefined
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
  const code = UNREACHABLE.test(message) ? 'CONNECTION_FAILED' : 'WAREHOUSE_FAILED'
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
