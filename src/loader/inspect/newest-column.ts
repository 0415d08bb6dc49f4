/** Finds the column that says which rows are the newest. Pure. */

import { isJsonObject, parseJson, type JsonValue } from '../../singer/json.ts'
import type { Dialect } from '../dialect.ts'
import type { ColumnKind } from '../schema/types.ts'
import { TableColumns } from '../tables/table-columns.ts'
import type { FoundColumn, FoundTable } from '../warehouse.ts'

/** Databases order the values of these. */
const ORDERED = new Set<ColumnKind>(['integer', 'decimal', 'number', 'date', 'timestamp', 'text'])

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

/** The replication key of a stream, from the newest STATE, which may be of any tap. */
export function replicationKeyOf(state: string | null, stream: string): string | undefined {
  if (state === null) return undefined
  const bookmark = memberOf(memberOf(parseJson(state), 'bookmarks'), stream)
  const key = memberOf(bookmark, 'replication_key')
  return typeof key === 'string' ? key : undefined
}

/**
 * The column by which a newer row has a greater value: the replication key, otherwise the time at
 * which the target read the record. Undefined for a table without either.
 */
export function newestColumn(
  { columns }: FoundTable,
  dialect: Dialect,
  replicationKey: string | undefined,
): FoundColumn | undefined {
  const known = new TableColumns(dialect, columns)
  const candidates = [
    ...(replicationKey === undefined ? [] : [replicationKey]),
    '_sdc_received_at',
  ].map((name) => known.find(name))
  return candidates.find((column) => column?.type && ORDERED.has(column.type.kind))
}
