/** Keeps a lake fast and small. `query` must run each statement in a transaction of its own. */

import type { MaintenanceReport } from '../../loader/warehouse.ts'
import { findColumns } from '../duckdb/tables/catalog.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import type { Sql } from '../sql.ts'
import { compactionOf, type Compaction } from './compaction.ts'
import * as statements from './maintenance-sql.ts'

/** A load that writes for longer than this could lose files that it has not committed yet. */
const ORPHAN_HOURS = 48
/** A large file is written again after a load when more than this part of its rows was deleted. */
const MANY_DELETED = 0.1

/** Runs a statement that returns the numbers of files that it read and made, and adds them. */
async function replaceFiles(
  query: DuckdbQuery,
  statement: Sql,
  report: MaintenanceReport,
): Promise<void> {
  for (const [read, made] of await query(statement)) {
    report.files_merged += Number(read)
    report.files_written += Number(made)
  }
}

/** Merges the small files. With a threshold, files with more deletions are first written again. */
async function compact(
  query: DuckdbQuery,
  { table, threshold }: { table: DuckdbTable; threshold: number | undefined },
  report: MaintenanceReport,
): Promise<void> {
  await query(statements.flushInlined(table))
  if (threshold !== undefined) {
    await replaceFiles(query, statements.rewriteFiles(table, threshold), report)
  }
  await replaceFiles(query, statements.mergeFiles(table), report)
}

/** Writes the rows of the files to one new file. */
async function refresh(
  query: DuckdbQuery,
  { table, paths }: { table: DuckdbTable; paths: readonly string[] },
  report: MaintenanceReport,
): Promise<void> {
  const columns = (await query(findColumns(table))).map(([name]) => String(name))
  // A column of this name hides the one by which files are found.
  if (columns.some((name) => name.toLowerCase() === 'filename')) return
  await query(statements.refreshFiles(table, columns[0] ?? '', paths))
  report.files_merged += paths.length
  report.files_written++
}

async function planTable(query: DuckdbQuery, table: DuckdbTable): Promise<Compaction> {
  const rows = await query(statements.findFiles(table))
  return compactionOf(
    rows.map(([path, bytes, hasDeletions]) => ({
      path: String(path),
      bytes: Number(bytes),
      hasDeletions: hasDeletions === true,
    })),
  )
}

/** Those of the tables that are no views. */
async function baseTables(
  query: DuckdbQuery,
  tables: readonly DuckdbTable[],
): Promise<readonly DuckdbTable[]> {
  const [first] = tables
  if (!first) return []
  const found = new Set((await query(statements.findBaseTables(first))).map(([name]) => name))
  return tables.filter(([, , name]) => found.has(name))
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
    const { refreshed, rewrites, merges } = await planTable(query, table)
    if (refreshed.length > 0) await refresh(query, { table, paths: refreshed }, report)
    const threshold = rewrites ? MANY_DELETED : undefined
    if (merges || rewrites) await compact(query, { table, threshold }, report)
  }
  await expire(query, expireHours, report)
  return report
}

/** Everything at once: all small files, all files with deletions, and old snapshots. */
export async function maintainNow(
  query: DuckdbQuery,
  tables: readonly DuckdbTable[],
  { expireHours, removesOrphans }: { expireHours: number | undefined; removesOrphans: boolean },
): Promise<MaintenanceReport> {
  const report = emptyReport()
  for (const table of await baseTables(query, tables)) {
    await compact(query, { table, threshold: 0 }, report)
  }
  await expire(query, expireHours, report)
  if (!removesOrphans) return report
  const orphans = await query(statements.removeOrphans(Math.max(expireHours ?? 0, ORPHAN_HOURS)))
  report.files_removed += orphans.length
  return report
}
