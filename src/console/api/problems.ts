/** The errors of the API: their codes, statuses and bodies. */

import { AppError, type ErrorCode } from '../../errors.ts'
import type { Api } from './schemas.generated.ts'

export type FieldProblem = Api<'FieldProblem'>

/** Codes of the API itself, and their statuses. The other codes are those of the programs. */
const API_CODES = {
  REQUEST_INVALID: 400,
  SESSION_MISSING: 401,
  LOGIN_REFUSED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  UNKNOWN_PATH: 404,
  UNKNOWN_NAME: 404,
  NO_RUN: 404,
  NO_LOG: 404,
  NAME_TAKEN: 409,
  IN_USE: 409,
  NO_SCHEDULE: 409,
  RUNS_ELSEWHERE: 409,
  KEY_IN_USE: 409,
  VERSION_MISMATCH: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_REFUSED: 415,
  DOCUMENT_INVALID: 422,
  VERSION_MISSING: 428,
  TOO_MANY_LOGINS: 429,
  UNEXPECTED: 500,
  CALL_ENDED: 503,
  TIMED_OUT: 504,
} as const

export type ApiCode = keyof typeof API_CODES

export interface ApiErrorOptions {
  hint?: string
  problems?: readonly FieldProblem[]
  headers?: Readonly<Record<string, string>>
}

/** An error that a client can act on. */
export class ApiError extends Error {
  readonly code: ApiCode
  readonly hint: string | null
  readonly problems: readonly FieldProblem[]
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ApiCode, sentence: string, options: ApiErrorOptions = {}) {
    super(sentence)
    this.code = code
    this.hint = options.hint ?? null
    this.problems = options.problems ?? []
    this.headers = options.headers ?? {}
  }
}

/** Statuses for errors of the programs. A refused key of Customer.io is not a missing session. */
const PROGRAM_STATUSES: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  CONFIG_INVALID: 422,
  STATE_INVALID: 409,
  TABLES_TAKEN: 409,
  TABLES_CHANGED: 409,
  RUN_IN_PROGRESS: 409,
  FILE_CHANGED: 412,
  DRIVER_MISSING: 503,
  WAREHOUSE_BUSY: 503,
  WAREHOUSE_FAILED: 503,
  OUTPUT_FAILED: 500,
}
const OTHER_PROGRAM_STATUS = 502

/** Codes of Fastify for requests that no handler sees. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ApiCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_REFUSED', 'The body must be application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body is too large.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['REQUEST_INVALID', 'The body is empty, but its type is JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['REQUEST_INVALID', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['REQUEST_INVALID', 'The Content-Length is wrong.'],
}

export interface ErrorAnswer {
  status: number
  body: Api<'Error'>
  headers: Readonly<Record<string, string>>
}

function fastifyError(error: unknown): ApiError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = FASTIFY_CODES[code]
  if (known) return new ApiError(...known)
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500
    ? new ApiError('REQUEST_INVALID', 'The request is not valid.')
    : undefined
}

function programAnswer(error: AppError): ErrorAnswer {
  const { code, message, hint = null } = error
  const status = PROGRAM_STATUSES[code] ?? OTHER_PROGRAM_STATUS
  return { status, body: { code, message, hint, problems: [] }, headers: {} }
}

/** The response for anything thrown. `isBug` says that it must be logged. */
export function errorAnswer(error: unknown): ErrorAnswer & { isBug: boolean } {
  if (error instanceof AppError) return { ...programAnswer(error), isBug: false }
  const known = error instanceof ApiError ? error : fastifyError(error)
  const shown = known ?? new ApiError('UNEXPECTED', 'An unexpected error. The terminal shows it.')
  const { code, message, hint, problems, headers } = shown
  const body = { code, message, hint, problems: [...problems] }
  return { status: API_CODES[code], body, headers, isBug: known === undefined }
}
