/** The Singer catalog of a connection: which streams the tap reads, and by which method. */

import type { JsonObject } from '../../singer/json.ts'
import type { StreamName } from '../../streams/index.ts'
import { METHODS, type Mode } from '../../streams/modes.ts'

/** A catalog without schemas, because the tap fills in its own. */
export function catalogOf(modes: ReadonlyMap<StreamName, Mode>): JsonObject {
  const streams = [...modes].map(([stream, mode]) => ({
    tap_stream_id: stream,
    stream,
    schema: {},
    metadata: [
      { breadcrumb: [], metadata: { selected: true, 'replication-method': METHODS[mode] } },
    ],
  }))
  return { streams }
}
