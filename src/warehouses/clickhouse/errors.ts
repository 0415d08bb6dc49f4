/** What ClickHouse's errors mean: a hint by their code, and whether a retry may help. */

import { ClickHouseError } from '@clickhouse/client'
import { AppError, type ErrorCode } from '../../errors.ts'
import { ServerError } from '../server-error.ts'
import { UnknownAnswer } from './connect/answers.ts'
import { connectionHint } from './connect/connection-errors.ts'

/**
 * Transient: timeouts, limits of the moment, conflicts with another statement, and a Keeper or a
 * replica that is away.
 */
const TRANSIENT = new Set([
  '3', // unexpected end of the request
  '159',
  '202',
  '209',
  '210',
  '236',
  '242',
  '252',
  '279',
  '285',
  '286',
  '305',
  '319',
  '341',
  '394',
  '439',
  '473',
  '517',
  '571',
  '999',
])

/** Of a message: a proxy may answer with a whole page. */
const MAX_REASON = 300
const NULL_REFUSED = '349'
const ACCESS_DENIED = '497'

const HINTS: Record<string, string> = {
  '57': 'Something else of that name is in the database: rename it, or set another table_prefix.',
  '60': 'Another program dropped or renamed a table in the meantime: run again.',
  '81': 'Create the database, or correct `warehouse_url`.',
  '164': 'The user may only read: grant it the rights of the page about ClickHouse.',
  '170': 'Correct the option `cluster` of `warehouse_url`.',
  '193': 'Correct the password in `warehouse_url` or CLICKHOUSE_PASSWORD.',
  '241': 'Give the server more memory, or make `batch_size_rows` smaller.',
  '243': 'Free some space on the disk of the server and run again.',
  '344':
    "Let deletions rebuild the projections of the table: alter table ... modify setting lightweight_mutation_projection_mode = 'rebuild'.",
  '349':
    'That column refuses null: the stream brings no value for it, or one that is null or does not fit. Let the column take null, or correct the tap.',
  '497': 'Grant the user the rights of the page about ClickHouse.',
  '701': 'Correct the option `cluster` of `warehouse_url`.',
  '516':
    'Correct the user or the password in `warehouse_url`, CLICKHOUSE_USER or CLICKHOUSE_PASSWORD.',
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof ClickHouseError ? error.code : undefined
}

function isOurs(error: unknown): boolean {
  return error instanceof AppError || error instanceof TypeError || error instanceof RangeError
}

/** True for every error that the server did not send, except for a refusal by something else. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof UnknownAnswer) return error.isTransient
  return error instanceof Error && !isOurs(error) && codeOf(error) === undefined
}

/** As GRANT takes it, such as `INSERT(id) ON marketing.users`. */
function missingRight(error: Error): string | undefined {
  if (codeOf(error) !== ACCESS_DENIED) return undefined
  return /to have the grant (.+? ON \S+?)\.?(?:\s|$)/.exec(error.message)?.[1]
}

function hintOf(error: Error): string | undefined {
  if (error instanceof UnknownAnswer) return error.hint
  const code = codeOf(error)
  if (code === undefined) return connectionHint(error)
  if (missingRight(error)?.startsWith('CREATE DATABASE') === true) {
    return 'Create the database and grant the user its rights, or correct `warehouse_url`.'
  }
  return HINTS[code]
}

/** The first sentence, without what is in quotes: that may be a value of a record. */
function reasonOf(error: Error): string {
  if (codeOf(error) === undefined) return (error.message || error.name).slice(0, MAX_REASON)
  const refusing = /destination column [`"]?([^\s`"]+)/.exec(error.message)?.[1]
  if (codeOf(error) === NULL_REFUSED && refusing !== undefined) {
    return `the column ${JSON.stringify(refusing)} refuses null`
  }
  const right = missingRight(error)
  if (right !== undefined) return `the user lacks the right ${right}`
  const [line = ''] = error.message.split('\n')
  const sentence = line.split(/(?:: )?(?:While|In scope|Stack trace)\b/i)[0] ?? line
  return sentence
    .replace(/'[^']*'?|"[^"]*"?/g, '"..."')
    .trim()
    .replace(/[.:\s]+$/, '')
    .slice(0, MAX_REASON)
}

function errorCode(error: unknown): ErrorCode {
  if (isConnectionLoss(error)) return 'CONNECTION_FAILED'
  return error instanceof UnknownAnswer ? 'CONFIG_INVALID' : 'WAREHOUSE_FAILED'
}

export interface WrapOptions {
  /** What failed, as the beginning of a sentence. */
  what: string
  /** True when the statement was sent that makes the unit durable. */
  isCommitting?: boolean
}

/** Turns an error of the server into ours. Our own errors and bugs stay as they are. */
export function wrapError(cause: unknown, { what, isCommitting }: WrapOptions): unknown {
  if (isOurs(cause) || !(cause instanceof Error)) return cause
  const code = codeOf(cause)
  const isLost = isConnectionLoss(cause)
  const mayRetry = isLost || TRANSIENT.has(code ?? '')
  const hint = hintOf(cause)
  return new ServerError(errorCode(cause), `${what} (${reasonOf(cause)}).`, {
    failure: mayRetry ? (isCommitting === true ? 'outcome-unknown' : 'transient') : 'final',
    cause,
    ...(hint !== undefined && { hint }),
    ...(code !== undefined && { facts: { clickhouse_code: Number(code) } }),
  })
}
