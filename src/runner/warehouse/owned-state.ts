/** The STATE of a connection, for whoever goes on from it or changes it: only where the tables are the connection's. */

import { AppError } from '../../errors.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { ownershipError } from './ownership.ts'
import {
  parseLastState,
  readRunStart,
  type CallOptions,
  type WarehouseTables,
} from './target-client.ts'

export interface OwnedState {
  state: StateDocument
  tables: WarehouseTables
  /** Names the newest load: what is written on the ground of this says so, and is refused after another one. */
  lastLoad: string
}

export interface OwnedStateOptions {
  /** Whose tables are looked at. @default all that the connection reads */
  streams?: readonly StreamName[]
  /** Takes tables that another connection has made. @default false */
  takesOver?: boolean
  /** Reads the printed STATE in another way. @default parseLastState */
  parse?: typeof parseLastState
}

/** Throws TABLES_TAKEN where the tables are another's, and whatever the reading of the STATE throws. */
export async function readOwnedState(
  connection: Connection,
  call: CallOptions,
  options: OwnedStateOptions = {},
): Promise<OwnedState> {
  const { streams = [...connection.resources.keys()], parse = parseLastState } = options
  const { lastLoad, stateText, tables } = await readRunStart(connection, streams, call)
  const state = parse(stateText)
  const takesOver = options.takesOver === true
  const fault = ownershipError(connection, { state, tables, takesOver })
  if (fault) throw fault
  return { state, tables, lastLoad }
}

/** For a load that another one came before: throws TABLES_TAKEN where that was another connection's, which says more. */
export async function assertOwned(
  connection: Connection,
  call: CallOptions,
  streams: readonly StreamName[],
): Promise<void> {
  await readOwnedState(connection, call, { streams }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'TABLES_TAKEN') throw error
  })
}
