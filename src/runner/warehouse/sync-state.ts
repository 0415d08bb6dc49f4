/** Reads the sync state of a connection, and refuses tables that belong to another one. */

import { AppError } from '../../errors.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { CallOptions } from '../programs/call-program.ts'
import { ownershipError } from './table-owner.ts'
import { parseLastState, readRunStart, type WarehouseTables } from './target-client.ts'

export interface SyncState {
  state: StateDocument
  tables: WarehouseTables
  /**
   * Identifies the newest load. A write that names it is refused when somebody loaded in between.
   */
  lastLoad: string
}

export interface SyncStateOptions {
  /** Streams whose tables are checked. @default those of the connection */
  streams?: readonly StreamName[]
  /** Takes over tables that belong to another connection. @default false */
  takesOver?: boolean
  /** Parses the printed STATE. @default parseLastState */
  parse?: typeof parseLastState
}

/**
 * Throws TABLES_TAKEN when the tables belong to another connection or program, and what `parse`
 * throws.
 */
export async function readSyncState(
  connection: Connection,
  call: CallOptions,
  options: SyncStateOptions = {},
): Promise<SyncState> {
  const { streams = [...connection.resources.keys()], parse = parseLastState } = options
  const { lastLoad, stateText, tables } = await readRunStart(connection, streams, call)
  const state = parse(stateText)
  const takesOver = options.takesOver === true
  const error = ownershipError(connection, { state, tables, takesOver })
  if (error) throw error
  return { state, tables, lastLoad }
}

/**
 * Throws TABLES_TAKEN when a load in between came from another connection. Explains more than
 * TABLES_CHANGED does.
 */
export async function assertTablesOwned(
  connection: Connection,
  call: CallOptions,
  streams: readonly StreamName[],
): Promise<void> {
  await readSyncState(connection, call, { streams }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'TABLES_TAKEN') throw error
  })
}
