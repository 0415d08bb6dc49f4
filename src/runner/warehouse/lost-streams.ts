/** Pure: finds streams whose bookmark promises rows that the warehouse no longer has. */

import type { StateDocument } from '../../singer/state.ts'
import type { StreamName } from '../../streams/index.ts'
import { hasPosition } from './state-document.ts'
import type { WarehouseTables } from './target-client.ts'

export interface LostStream {
  stream: StreamName
  table: string
  /** True for a dropped table, false for an emptied one. */
  isDropped: boolean
}

/**
 * Streams whose table was dropped or emptied manually. A table that never had a row has lost none.
 */
export function lostStreams(state: StateDocument, { tables }: WarehouseTables): LostStream[] {
  return tables
    .filter(({ stream, rows, deleted_rows: deleted, has_loaded: hasLoaded }) => {
      const isEmptied = rows === 0 && deleted === 0 && hasLoaded
      return (rows === null || isEmptied) && hasPosition(state, stream)
    })
    .map(({ stream, table, rows }) => ({ stream, table, isDropped: rows === null }))
}
