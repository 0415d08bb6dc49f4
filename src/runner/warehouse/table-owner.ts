/** Pure: decides whether the tables belong to a connection. */

import { AppError } from '../../errors.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import { ownerOf, type Owner } from './state-document.ts'
import type { WarehouseTables } from './target-client.ts'

const TAKE_OVER = 'or, to take the tables over, run once with: customerio-sync run --take-over'

function haveBothIds(a: Owner, b: Owner): boolean {
  return a.id !== undefined && b.id !== undefined
}

/** Compares ids when both have one, so that a connection can be renamed, otherwise names. */
function isSame(a: Owner, b: Owner): boolean {
  return haveBothIds(a, b) ? a.id === b.id : a.name === b.name
}

/**
 * The owner to write into the next state. A connection without an id keeps the id that the state
 * has for it.
 */
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
    ? `Give this connection another \`table_prefix\`; if it is the same connection, put that \`id\` into ${connection.path},`
    : 'Give this connection another `table_prefix`,'
  return new AppError(
    'TABLES_TAKEN',
    `The tables with the prefix ${prefix} belong to the connection ${shown(owner)}, not to ${shown(connection)}.`,
    { hint: `${remedy} ${TAKE_OVER}` },
  )
}

/**
 * TABLES_TAKEN when another program made the tables, or when another connection owns them and
 * `takesOver` is not set.
 */
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
    { hint: 'Choose another `table_prefix`, or rename or drop the tables.' },
  )
}
