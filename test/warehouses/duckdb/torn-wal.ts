/** A DuckDB file with a truncated WAL, as a crash of the machine may leave it. */

import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { checkTables, checkRerun, loadUntil, placesOf } from '../../conformance/support/kills.ts'
import { scenarioOf, type Scenario } from '../../conformance/support/scenario.ts'
import { DUCKDB_UNDER_TEST, type TestedWarehouse } from '../../conformance/support/warehouses.ts'
import type { Scope } from '../../support/programs.ts'

export interface KilledFile {
  scenario: Scenario
  batchRows: number
  path: string
  wal: Buffer
}

function pathOf({ url }: TestedWarehouse): string {
  return url.replace(/^duckdb:/, '')
}

/** A file whose load was killed before its checkpoint: every commit is in the WAL. */
export async function killedFile(scope: Scope): Promise<KilledFile> {
  const [scenario, batchRows] = [scenarioOf(4), 4]
  const places = await placesOf({
    warehouse: await DUCKDB_UNDER_TEST.create(scope),
    scenario,
    batchRows,
  })
  const warehouse = await DUCKDB_UNDER_TEST.create(scope)
  await loadUntil({ warehouse, scenario, batchRows }, places.indexOf('before checkpoint') + 1)
  const path = pathOf(warehouse)
  return { scenario, batchRows, path, wal: await readFile(`${path}.wal`) }
}

/**
 * What is wrong with the tables when the WAL ends at this length, at once and after the next load;
 * one sentence each.
 */
export async function judgeTorn(file: KilledFile, scope: Scope, bytes: number): Promise<string[]> {
  const warehouse = await DUCKDB_UNDER_TEST.create(scope)
  const path = pathOf(warehouse)
  if (existsSync(file.path)) await copyFile(file.path, path)
  await writeFile(`${path}.wal`, file.wal.subarray(0, bytes))
  const run = { ...file, warehouse }
  const errors = [...(await checkTables(run, '')), ...(await checkRerun(run, bytes % 2 === 0))]
  return errors.map((error) => `WAL cut at ${bytes} of ${file.wal.length}: ${error}`)
}
