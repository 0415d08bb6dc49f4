import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { discover } from '../../../src/tap/discover.ts'
import type { StreamName } from '../../e2e/support/connection.ts'

/** The tap's catalog with `full` streams as FULL_TABLE and the others as INCREMENTAL. */
export function catalogFor({
  full,
  deselected,
}: {
  full: readonly StreamName[]
  deselected: readonly StreamName[]
}): JsonObject {
  const streams = discover().streams.map((entry): JsonObject => {
    const name = entry.stream as StreamName
    const change = {
      selected: !deselected.includes(name),
      'replication-method': full.includes(name) ? 'FULL_TABLE' : 'INCREMENTAL',
    }
    const metadata = (entry.metadata ?? []).map((item): JsonValue => {
      const { breadcrumb } = item
      const isRoot = breadcrumb.length === 0
      return { breadcrumb, metadata: isRoot ? { ...item.metadata, ...change } : item.metadata }
    })
    return { tap_stream_id: name, stream: name, schema: entry.schema, metadata }
  })
  return { streams }
}
