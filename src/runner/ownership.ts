/** Pure: whether the tables are this connection's to write, and which of its bookmarks still stand for rows. */

import { AppError } from '../errors.ts'
import type { StateDocument } from '../singer/state.ts'
import type { Connection, Resource } from './connection.ts'
import { hasPosition, ownerOf } from './state-document.ts'
import type { WarehouseTables } from './target-call.ts'

const TAKE_OVER = 'or, when that is meant, run once with --take-over.'

/** TABLES_TAKEN when another connection, or another program, has made the tables. */
export function ownershipFault(
  connection: Connection,
  found: { state: StateDocument; tables: WarehouseTables },
): AppError | undefined {
  const { table_prefix: prefix } = connection.destination
  const owner = ownerOf(found.state)
  if (owner !== undefined && owner !== connection.name) {
    return new AppError(
      'TABLES_TAKEN',
      `The tables with the prefix ${JSON.stringify(prefix)} belong to the connection ${JSON.stringify(owner)}, not to ${JSON.stringify(connection.name)}.`,
      { hint: `Give this connection a \`table_prefix\` of its own, ${TAKE_OVER}` },
    )
  }
  const foreign = found.tables.tables.filter(({ rows }) => rows !== null)
  if (found.tables.hasLoads || foreign.length === 0) return undefined
  const names = foreign.map(({ table }) => table).join(', ')
  return new AppError(
    'TABLES_TAKEN',
    `The warehouse has tables of these names that another program made: ${names}.`,
    { hint: `Choose another \`table_prefix\`, or rename or drop them, ${TAKE_OVER}` },
  )
}

/** Streams whose bookmark speaks of rows that are gone: the table was dropped or emptied by hand. */
export function lostStreams(
  state: StateDocument,
  { tables }: WarehouseTables,
): { stream: Resource; table: string; isDropped: boolean }[] {
  return tables
    .filter(({ stream, rows }) => (rows ?? 0) === 0 && hasPosition(state, stream))
    .map(({ stream, table, rows }) => ({ stream, table, isDropped: rows === null }))
}
