/** The STATE of a connection, for whoever goes on from it or changes it: only where the tables are the connection's. */

import type { StateDocument } from '../singer/state.ts'
import type { Connection, Resource } from './connection.ts'
import { ownershipFault } from './ownership.ts'
import { readLastState, readTables, type CallOptions, type WarehouseTables } from './target-call.ts'
import { together } from './together.ts'

export interface OwnState {
  state: StateDocument
  tables: WarehouseTables
}

export interface OwnStateOptions {
  /** Whose tables are looked at. @default all that the connection reads */
  streams?: readonly Resource[]
  /** Takes tables that another connection has made. @default false */
  takesOver?: boolean
  /** Reads the STATE in another way. @default readLastState */
  read?: typeof readLastState
}

/** Throws TABLES_TAKEN where the tables are another's, and whatever the reading of the STATE throws. */
export async function readOwnState(
  connection: Connection,
  call: CallOptions,
  options: OwnStateOptions = {},
): Promise<OwnState> {
  const { streams = [...connection.resources.keys()], read = readLastState } = options
  const [state, tables] = await together(call.signal, [
    async (signal) => read(connection, { ...call, signal }),
    async (signal) => readTables(connection, streams, { ...call, signal }),
  ])
  const takesOver = options.takesOver === true
  const fault = ownershipFault(connection, { state, tables, takesOver })
  if (fault) throw fault
  return { state, tables }
}
