/** Pure: decides the state that the tap starts from. */

import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import type { SyncState } from '../warehouse/sync-state.ts'
import { lostStreams, type LostStream } from '../warehouse/lost-streams.ts'
import { nextOwner } from '../warehouse/table-owner.ts'
import {
  assertReadable,
  withOwner,
  withoutBookmarks,
  withoutProgress,
} from '../warehouse/state-document.ts'

export interface StartState {
  /** The document for the tap. */
  state: StateDocument
  /** The warehouse's state without the bookmarks of lost streams. */
  kept: StateDocument
  /** Streams that are read from their start, because their rows are missing. */
  lost: readonly LostStream[]
}

/**
 * A load that overwrites empties the tables, so it cannot resume an interrupted read. Throws
 * STATE_INVALID for a bookmark that the tap cannot read.
 */
export function startStateOf(
  connection: Connection,
  { state, tables }: Pick<SyncState, 'state' | 'tables'>,
): StartState {
  const lost = lostStreams(state, tables)
  const kept = withoutBookmarks(
    state,
    lost.map(({ stream }) => stream),
  )
  assertReadable(
    kept,
    tables.tables.map(({ stream }) => stream),
  )
  const isOverwritten = connection.destination.load_method === 'overwrite'
  const start = isOverwritten ? withoutProgress(kept) : kept
  return { state: withOwner(start, nextOwner(state, connection)), kept, lost }
}

/** Why a stream is read from its start. */
export function lostStreamText({ stream, table, isDropped }: LostStream): string {
  const reason = isDropped ? 'no longer exists' : 'has no rows any more'
  return `The table ${table} ${reason}, so ${stream} is read from its start.`
}
