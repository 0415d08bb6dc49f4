/** The catalog that a connection's resources make: which streams are read, and how. */

import type { JsonObject } from '../../singer/json.ts'
import type { Mode } from './connection.ts'
import type { StreamName } from '../../streams/index.ts'

const METHODS: Record<Mode, string> = { incremental: 'INCREMENTAL', full_refresh: 'FULL_TABLE' }

/** Schemas are left out: the tap fills in its own. */
export function catalogOf(resources: ReadonlyMap<StreamName, Mode>): JsonObject {
  const streams = [...resources].map(([stream, mode]) => ({
    tap_stream_id: stream,
    stream,
    schema: {},
    metadata: [
      { breadcrumb: [], metadata: { selected: true, 'replication-method': METHODS[mode] } },
    ],
  }))
  return { streams }
}
