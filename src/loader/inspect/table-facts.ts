/** What `--tables` prints of tables: columns, live and deleted rows, newest update. */

import { findStreamTables, type FoundStream } from '../commit/describe.ts'
import type { PrintedCell } from '../query.ts'
import type { ColumnKind } from '../schema/types.ts'
import { LEDGER_TABLE, type FoundTable, type Warehouse } from '../warehouse.ts'
import { deletionMarks } from '../tables/live-views.ts'
import { TableColumns } from '../tables/table-columns.ts'
import { printedCell } from './printed-time.ts'
import { newestColumn, replicationKeyOf } from './newest-column.ts'

/** As printed by `--tables`. */
export interface InspectedStreams {
  /** Whether anything was loaded with this prefix. */
  has_loads: boolean
  /** In the requested order. */
  streams: InspectedStream[]
}

interface InspectedStream extends RowFacts {
  stream: string
  table: string
  /** The comment of the table. */
  description: string | null
  columns: InspectedColumn[]
  /** Whether any load wrote rows of it, even if they were deleted later. */
  has_loaded: boolean
}

/** All null if the table does not exist. */
interface RowFacts {
  /** Without those marked as deleted. */
  rows: number | null
  /** Rows that are marked as deleted. */
  deleted_rows: number | null
  /** The greatest value of the column that `newest_update_column` names. */
  newest_update: PrintedCell
  newest_update_column: string | null
}

interface InspectedColumn {
  name: string
  /** Null for a type that the loader never creates. */
  type: ColumnKind | null
  /** The database's name of the type; null for a computed column. */
  native_type: string | null
  /** The comment of the column. */
  description: string | null
}

const NO_ROWS: RowFacts = {
  rows: null,
  deleted_rows: null,
  newest_update: null,
  newest_update_column: null,
}

function inspectedColumns(found: FoundTable | undefined): InspectedColumn[] {
  return (found?.columns ?? []).map(({ name, type, native, comment = null }) => ({
    name,
    type: type?.kind ?? null,
    native_type: native?.name ?? null,
    description: comment,
  }))
}

/** Reads all rows of the table. */
async function rowFacts(
  warehouse: Warehouse,
  { stream, table, found }: FoundStream,
  { state, signal }: { state: string | null; signal: AbortSignal },
): Promise<RowFacts> {
  if (!found) return NO_ROWS
  const { dialect } = warehouse
  const newest = newestColumn(found, dialect, replicationKeyOf(state, stream))
  const marks = deletionMarks(new TableColumns(dialect, found.columns))
  const summary = await warehouse.summarize(table, { marks, newest: newest?.name, signal })
  return {
    rows: summary.rows - summary.deleted,
    deleted_rows: summary.deleted,
    newest_update: newest ? printedCell(summary.newest, newest) : null,
    newest_update_column: newest?.name ?? null,
  }
}

/** Only reads. The warehouse must be open. When aborted, a query of rows ends and throws. */
export async function inspectStreams(
  warehouse: Warehouse,
  prefix: string,
  { streams, signal }: { streams: readonly string[]; signal: AbortSignal },
): Promise<InspectedStreams> {
  const { hasLoads, tables } = await findStreamTables(warehouse, prefix, streams)
  const { withState } = hasLoads ? await warehouse.lastLoads(prefix + LEDGER_TABLE) : {}
  const state = withState?.state ?? null
  const inspected: InspectedStream[] = []
  for (const table of tables) {
    inspected.push({
      stream: table.stream,
      table: table.table,
      description: table.found?.comment ?? null,
      ...(await rowFacts(warehouse, table, { state, signal })),
      columns: inspectedColumns(table.found),
      has_loaded: table.hasLoaded,
    })
  }
  return { has_loads: hasLoads, streams: inspected }
}
