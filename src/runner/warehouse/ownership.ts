/** Pure: whether the tables are this connection's to write, and which of its bookmarks still stand for rows. */

import { AppError } from '../../errors.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { hasPosition, ownerOf, type Owner } from './state-document.ts'
import type { WarehouseTables } from './target-client.ts'

const TAKE_OVER = 'or, when that is meant, run once with: customerio-sync run --take-over'

function haveBothIds(a: Owner, b: Owner): boolean {
  return a.id !== undefined && b.id !== undefined
}

/** The ids decide where both have one, so that a connection can be renamed; else the names. */
function isSame(a: Owner, b: Owner): boolean {
  return haveBothIds(a, b) ? a.id === b.id : a.name === b.name
}

/** Whose the STATE is from now on: the connection's, with the id that it was given here or has there. */
export function nextOwner(state: StateDocument, { name, id }: Owner): Owner {
  const owner = ownerOf(state)
  const isKnown = owner !== undefined && isSame(owner, { name, id })
  return { name, id: id ?? (isKnown ? owner.id : undefined) }
}

function belongsToAnother(connection: Connection, owner: Owner): AppError {
  const prefix = JSON.stringify(connection.destination.table_prefix)
  const hasIds = haveBothIds(owner, connection)
  const shown = ({ name, id }: Owner) => JSON.stringify(name) + (hasIds ? ` with the id ${id}` : '')
  const remedy = hasIds
    ? `Give this connection a \`table_prefix\` of its own; if it is the same one, put that \`id\` into ${connection.path},`
    : 'Give this connection a `table_prefix` of its own,'
  return new AppError(
    'TABLES_TAKEN',
    `The tables with the prefix ${prefix} belong to the connection ${shown(owner)}, not to ${shown(connection)}.`,
    { hint: `${remedy} ${TAKE_OVER}` },
  )
}

/** TABLES_TAKEN when another program has made the tables, or they are another connection's and not to be taken over. */
export function ownershipError(
  connection: Connection,
  found: { state: StateDocument; tables: WarehouseTables; takesOver?: boolean },
): AppError | undefined {
  const owner = ownerOf(found.state)
  if (owner !== undefined && !isSame(owner, connection) && found.takesOver !== true)
    return belongsToAnother(connection, owner)
  const foreign = found.tables.tables.filter(({ rows }) => rows !== null)
  if (found.tables.hasLoads || foreign.length === 0) return undefined
  const names = foreign.map(({ table }) => table).join(', ')
  return new AppError(
    'TABLES_TAKEN',
    `The warehouse has tables of these names that another program made: ${names}.`,
    { hint: 'Choose another `table_prefix`, or rename or drop them.' },
  )
}

/** Streams whose bookmark speaks of rows that are gone: the table was dropped or emptied by hand. One that never had a row lost none. */
export function lostStreams(
  state: StateDocument,
  { tables }: WarehouseTables,
): { stream: StreamName; table: string; isDropped: boolean }[] {
  return tables
    .filter(({ stream, rows, has_loaded }) => {
      const isEmptied = rows === 0 && has_loaded
      return (rows === null || isEmptied) && hasPosition(state, stream)
    })
    .map(({ stream, table, rows }) => ({ stream, table, isDropped: rows === null }))
}
