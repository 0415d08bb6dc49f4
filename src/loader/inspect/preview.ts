/** The newest rows of a stream, whatever the warehouse is. */

import { AppError } from '../../errors.ts'
import { findStreamTables } from '../commit/describe.ts'
import type { QueryResult, ResultColumn } from '../query.ts'
import { LEDGER_TABLE, type FoundColumn, type Warehouse } from '../warehouse.ts'
import { printedCell } from './printed-time.ts'
import { newestColumn, replicationKeyOf } from './newest-column.ts'

export interface PreviewOptions {
  prefix: string
  stream: string
  maxRows: number
  signal: AbortSignal
}

function withoutTable(stream: string, table: string): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `The stream ${JSON.stringify(stream)} has no table yet: ${table}.`,
    { hint: 'The first load of the stream creates it.' },
  )
}

/** JSON has a kind of its own; the other kinds are those of the database. */
function previewColumn({ kind, name }: ResultColumn, column: FoundColumn): ResultColumn {
  return { name, kind: column.type?.kind === 'json' ? 'json' : kind }
}

/**
 * The newest rows by the replication key, otherwise by the time at which they were loaded. Times
 * are RFC 3339. Only reads. Throws WAREHOUSE_FAILED if the stream has no table.
 */
export async function previewStream(
  warehouse: Warehouse,
  { prefix, stream, maxRows, signal }: PreviewOptions,
): Promise<QueryResult> {
  const { hasLoads, tables } = await findStreamTables(warehouse, prefix, [stream])
  const { table = stream, found } = tables[0] ?? {}
  if (!found) throw withoutTable(stream, table)
  const { withState } = hasLoads ? await warehouse.lastLoads(prefix + LEDGER_TABLE) : {}
  const key = replicationKeyOf(withState?.state ?? null, stream)
  const result = await warehouse.preview(table, {
    columns: found.columns.map(({ name }) => name),
    newest: newestColumn(found, warehouse.dialect, key)?.name,
    maxRows,
    signal,
  })
  const { columns } = found
  return {
    columns: result.columns.map((column, at) => {
      const known = columns[at]
      return known ? previewColumn(column, known) : column
    }),
    rows: result.rows.map((row) =>
      row.map((cell, at) => {
        const known = columns[at]
        return known ? printedCell(cell, known) : cell
      }),
    ),
    hasMore: false,
  }
}
