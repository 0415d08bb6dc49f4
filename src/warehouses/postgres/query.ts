/** Queries of the user, each in a transaction that only reads. */

import { DatabaseError } from 'pg'
import { limitRows, type QueryRequest, type QueryResult } from '../../loader/query.ts'
import { notReading, refusedQuery } from '../query-errors.ts'
import type { PostgresConnection } from './connect/connection.ts'
import { beginReading } from './connect/settings.ts'

/** OIDs of the types, which are fixed: `pg_type.dat` of the server's sources. */
const BOOLEAN = 16
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700])
const SPELLED: Record<string, string> = { t: 'true', f: 'false' }

function kindOf(oid: number) {
  if (oid === BOOLEAN) return 'boolean' as const
  return NUMBERS.has(oid) ? ('number' as const) : ('text' as const)
}

/** What stands before the first word: spaces, comments and parentheses. */
const READS =
  /^(?:\s|\(|--[^\r\n]*[\r\n]|\/\*(?:(?!\/\*)[^])*?\*\/)*(?:select|with|values|table|show|explain)\b/i
/** These can act outside of the database, also in a transaction that only reads. */
const ACTS = /\b(?:call|copy|do|load)\b/i

/** The server takes one statement only, and refuses to write. */
async function readResult(
  connection: PostgresConnection,
  schema: string,
  { text, maxRows, signal }: QueryRequest,
): Promise<QueryResult> {
  signal.throwIfAborted()
  if (!READS.test(text) && ACTS.test(text)) throw notReading('The query does not only read.')
  await connection.query(beginReading(schema))
  signal.throwIfAborted()
  const { fields, rows } = await connection.read(text, maxRows + 1)
  if (fields.length === 0) throw notReading('The query returns no columns.')
  const columns = fields.map(({ name, dataTypeID }) => ({ name, kind: kindOf(dataTypeID) }))
  const spelled = rows.map((row) =>
    row.map((cell, at) =>
      cell !== null && columns[at]?.kind === 'boolean' ? (SPELLED[cell] ?? cell) : cell,
    ),
  )
  return limitRows(columns, spelled, maxRows)
}

/**
 * Waits for a statement. When the signal is aborted, the server ends it, and the connection is
 * closed.
 */
export async function stoppable<T>(
  connection: PostgresConnection,
  signal: AbortSignal,
  reading: Promise<T>,
): Promise<T> {
  const stops: Promise<void>[] = []
  const stop = () => void stops.push(connection.stop(reading))
  signal.addEventListener('abort', stop)
  try {
    return await reading
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(stops)
  }
}

/** When the signal is aborted, the server ends the query, and the connection is closed. */
export async function runQuery(
  connection: PostgresConnection,
  schema: string,
  request: QueryRequest,
): Promise<QueryResult> {
  const reading = readResult(connection, schema, request)
  return stoppable(connection, request.signal, reading).catch((cause: unknown) => {
    throw cause instanceof DatabaseError ? refusedQuery('PostgreSQL', cause, cause.hint) : cause
  })
}
