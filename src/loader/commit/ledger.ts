/**
 * The ledger table `_sdc_loads`: one row per commit, written as its last step. It records what was
 * committed, and up to which STATE.
 */

import { printJson, type JsonObject } from '../../singer/json.ts'
import { cellsOf } from '../columns/cells.ts'
import { StringCleaner } from '../values/text.ts'
import type { LastLoads } from '../warehouse.ts'
import type { Column, WriteStep } from '../commit-unit.ts'

export const LEDGER_COLUMNS: readonly Column[] = [
  /** Counts the commits to these tables from 1. Unlike a clock, it never goes back. */
  { name: 'load_number', type: { kind: 'integer' } },
  { name: 'run_id', type: { kind: 'text' } },
  { name: 'started_at', type: { kind: 'timestamp' } },
  { name: 'committed_at', type: { kind: 'timestamp' } },
  /** Rows by stream, as JSON. */
  { name: 'row_counts', type: { kind: 'json' } },
  /** The STATE that the commit covers, exactly as it was printed; null for none. */
  { name: 'state', type: { kind: 'text' } },
  /** The comments that the commit set, by table and column; null for none. */
  { name: 'comments', type: { kind: 'json' } },
]

export interface LedgerRow {
  loadNumber: number
  runId: string
  startedAtMs: number
  committedAtMs: number
  rowCounts: ReadonlyMap<string, number>
  state: string | null
  comments?: JsonObject | undefined
}

/** The step that inserts the row. */
export function ledgerStep(table: string, row: LedgerRow): WriteStep {
  const names = new StringCleaner(false)
  const counts = JSON.stringify(
    Object.fromEntries([...row.rowCounts].map(([name, rows]) => [names.cleanText(name), rows])),
  )
  const cells = [
    row.loadNumber,
    row.runId,
    row.startedAtMs * 1000,
    row.committedAtMs * 1000,
    counts,
    row.state,
    row.comments === undefined ? null : printJson(row.comments),
  ]
  return {
    kind: 'write',
    table,
    columns: LEDGER_COLUMNS.map((column, at) => ({
      ...column,
      cells: cellsOf(column.type, [cells[at] ?? null]),
    })),
    rowCount: 1,
    keys: [],
    deleteWhereSet: undefined,
  }
}

/** @param rows values of load_number, run_id and state, ascending by load_number. */
export function storedLoads(rows: readonly (readonly unknown[])[]): LastLoads {
  const loads = rows.map(([loadNumber, runId, state]) => ({
    loadNumber: Number(loadNumber),
    runId: String(runId),
    state: typeof state === 'string' ? state : null,
  }))
  const newest = loads.at(-1)
  const withState = loads.findLast((load) => load.state !== null)
  return { ...(newest && { newest }), ...(withState && { withState }) }
}
