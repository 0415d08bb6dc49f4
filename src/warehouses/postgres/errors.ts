/** What PostgreSQL's errors mean: a hint by SQLSTATE, and whether a retry may help. */

import { DatabaseError } from 'pg'
import { AppError, type ErrorCode } from '../../errors.ts'
import { ServerError } from '../server-error.ts'
import { isPasswordError } from './driver-workarounds.ts'

/** Names for hints. */
export interface ErrorContext {
  schema: string
  user: string
  database: string
}

/**
 * Transient: deadlock, serialization failure, lock timeout, shutdown and start, too many
 * connections, and a schema that exists by now.
 */
const TRANSIENT = new Set([
  '40001',
  '40P01',
  '55P03',
  '55006',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '25P04',
  '53300',
  // Another session created the schema at the same moment.
  '42P06',
])
/** These end the connection. */
const ENDS_CONNECTION = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'])

export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}

function isOurs(error: unknown): boolean {
  return error instanceof AppError || error instanceof TypeError || error instanceof RangeError
}

/**
 * True when the connection ended, or may have ended: for every error that the server did not send.
 */
function isConnectionLoss(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state !== undefined) return state.startsWith('08') || ENDS_CONNECTION.has(state)
  return error instanceof Error && !isOurs(error) && !isPasswordError(error)
}

/**
 * Two sessions created an object of one name at the same moment. `if not exists` found none, and
 * the unique index of the catalog refused the second one. The object exists by now.
 */
function isCatalogConflict(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505' && error.schema === 'pg_catalog'
}

/** True when a retry may succeed. */
export function isTransient(error: unknown): boolean {
  return (
    isConnectionLoss(error) || TRANSIENT.has(sqlStateOf(error) ?? '') || isCatalogConflict(error)
  )
}

const HINTS: Record<string, string> = {
  '25006':
    'This server is read-only: connect to the primary, or set default_transaction_read_only off.',
  '28000': 'Look at pg_hba.conf of the server, and at `sslmode`.',
  '28P01': 'Correct the password in `warehouse_url`, PGPASSWORD or the password file.',
  '3D000': 'Create the database, or correct `warehouse_url`.',
  '53100': 'Free some space on the disk of the server and run again.',
  '53200': 'Give the server more memory, or make `batch_size_rows` smaller.',
  '53300': 'Close some connections, or raise max_connections of the server.',
  '54000':
    'A row must fit into a page of 8 KB, where each text or JSON value takes at most 18 bytes: deselect properties in the tap.',
  '54011':
    'A table has at most 1,600 columns, dropped ones included. Deselect properties in the tap.',
  '55P03': 'Another session has locked the table: end it and run again.',
  '57P03': 'The server is starting up, shutting down or recovering: run again later.',
  '22P05': 'Load into a database whose encoding is UTF8.',
  '42P07': 'Something else of that name is in the schema: rename it, or set another table_prefix.',
  '42701': 'Another session added the column in the meantime: run again.',
  '42710': 'Something else of that name is in the schema: rename it, or set another table_prefix.',
  '23502': 'The table has a column that refuses null and that the stream does not fill.',
  '23505': 'The table has a unique constraint of its own that the rows break.',
}

const UNKNOWN_HOST = 'Check the network and the DNS, or correct the host in `warehouse_url`.'
const UNREACHABLE = 'Check the network, and the firewalls between this machine and the server.'

/** By the code of the system, when the server was not reached. */
const NETWORK_HINTS: Record<string, string> = {
  EAI_AGAIN: UNKNOWN_HOST,
  ECONNREFUSED: 'Start the server, or correct the host and the port in `warehouse_url`.',
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOTFOUND: UNKNOWN_HOST,
  ETIMEDOUT: UNREACHABLE,
}

/** The message without what is in quotes of any language or after a colon. */
function withoutValues(message: string): string {
  return message.replace(/\s*[:：].*$/su, '').replace(/["'«„“「].*["'»“”」]/su, '"..."')
}

function isRaised(error: unknown): boolean {
  return error instanceof DatabaseError && error.routine === 'exec_stmt_raise'
}

/** Quotes no value of a record: never the details, and messages about data only up to the value. */
function reasonOf(error: unknown): string {
  if (isRaised(error)) return 'a trigger of the database raised an exception'
  if (isPasswordError(error)) return 'the password is missing or was not accepted'
  const message = error instanceof Error ? error.message || error.name : String(error)
  return sqlStateOf(error)?.startsWith('22') ? withoutValues(message) : message
}

function hintOf(cause: Error): string | undefined {
  const state = isPasswordError(cause) ? '28P01' : sqlStateOf(cause)
  if (state !== undefined) return HINTS[state]
  return 'code' in cause ? NETWORK_HINTS[String(cause.code)] : undefined
}

export function isRightMissing(error: unknown): boolean {
  return sqlStateOf(error) === '42501'
}

function connectionCode(error: unknown): ErrorCode {
  if (!isConnectionLoss(error) || sqlStateOf(error) !== undefined) return 'WAREHOUSE_FAILED'
  return 'CONNECTION_FAILED'
}

export interface WrapOptions {
  /** What failed, as the beginning of a sentence. */
  what: string
  /** True when COMMIT was sent and had no response. */
  isCommitting?: boolean
  /** Overrides the hint of the SQLSTATE. */
  hint?: string | undefined
}

/** Turns an error of the server into ours. Our own errors and bugs stay as they are. */
export function wrapError(
  cause: unknown,
  { what, isCommitting, ...options }: WrapOptions,
): unknown {
  if (isOurs(cause) || !(cause instanceof Error)) return cause
  const state = sqlStateOf(cause)
  const hint = options.hint ?? hintOf(cause)
  const isUnknown = isCommitting === true && isConnectionLoss(cause)
  return new ServerError(connectionCode(cause), `${what} (${reasonOf(cause)}).`, {
    failure: isUnknown ? 'outcome-unknown' : isTransient(cause) ? 'transient' : 'final',
    cause,
    ...(hint !== undefined && { hint }),
    ...(state !== undefined && { facts: { sqlstate: state } }),
  })
}
