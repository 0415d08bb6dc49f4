/** Keeps a lake fast and small. Each statement is a transaction of its own. */

import type { MaintenanceReport } from '../../loader/warehouse.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import type { Sql } from '../sql.ts'
import { compactionOf } from './compaction.ts'
import * as statements from './maintenance-sql.ts'

/** A load that writes for longer than this could lose files that it has not committed yet. */
const ORPHAN_HOURS = 48

/** Runs a statement that returns the numbers of files that it read and made. */
async function countFiles(
  query: DuckdbQuery,
  statement: Sql,
): Promise<[read: number, made: number]> {
  const rows = await query(statement)
  const sum = (at: number) => rows.reduce((total, row) => total + Number(row[at]), 0)
  return [sum(0), sum(1)]
}

async function mergeTable(
  query: DuckdbQuery,
  table: DuckdbTable,
  report: MaintenanceReport,
): Promise<void> {
  await query(statements.flushInlined(table))
  const [read, made] = await countFiles(query, statements.mergeFiles(table))
  report.files_merged += read
  report.files_written += made
}

async function rewriteTable(
  query: DuckdbQuery,
  table: DuckdbTable,
  report: MaintenanceReport,
): Promise<void> {
  await query(statements.flushInlined(table))
  const [read, made] = await countFiles(query, statements.rewriteFiles(table))
  report.files_merged += read
  report.files_written += made
  await mergeTable(query, table, report)
}

async function planTable(query: DuckdbQuery, table: DuckdbTable) {
  const rows = await query(statements.findFiles(table))
  return compactionOf(
    rows.map(([bytes, hasDeletions]) => ({
      bytes: Number(bytes),
      hasDeletions: hasDeletions === true,
    })),
  )
}

/** Removes what is older than the URL or the options of the lake say. */
async function expire(
  query: DuckdbQuery,
  hours: number | undefined,
  report: MaintenanceReport,
): Promise<void> {
  report.snapshots_expired += (await query(statements.expireSnapshots(hours))).length
  report.files_removed += (await query(statements.removeOldFiles(hours))).length
}

function emptyReport(): MaintenanceReport {
  return { files_merged: 0, files_written: 0, snapshots_expired: 0, files_removed: 0 }
}

/** After a load: merges where many small files are, and expires what is due. */
export async function maintainAfterLoad(
  query: DuckdbQuery,
  tables: readonly DuckdbTable[],
  expireHours: number | undefined,
): Promise<MaintenanceReport> {
  const report = emptyReport()
  for (const table of tables) {
    if ((await planTable(query, table)) === 'merge') await mergeTable(query, table, report)
    // Few of the files could be merged, so those with deletions are in the way.
    if ((await planTable(query, table)) !== undefined) await rewriteTable(query, table, report)
  }
  await expire(query, expireHours, report)
  return report
}

/** Everything at once: all small files, all files with deletions, old snapshots, and orphans. */
export async function maintainNow(
  query: DuckdbQuery,
  tables: readonly DuckdbTable[],
  expireHours: number | undefined,
): Promise<MaintenanceReport> {
  const report = emptyReport()
  for (const table of tables) await rewriteTable(query, table, report)
  await expire(query, expireHours, report)
  const orphans = await query(statements.removeOrphans(Math.max(expireHours ?? 0, ORPHAN_HOURS)))
  report.files_removed += orphans.length
  return report
}
