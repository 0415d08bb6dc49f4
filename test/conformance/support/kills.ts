/** Kills a loader at one place and checks what it left; then loads again and checks that. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { collect, ROOT, start, writeJson, type Finished } from '../../support/programs.ts'
import { loadText } from './loading.ts'
import { countCoveredLines, linesAfter, readTables, type Scenario } from './scenario.ts'
import type { TestedWarehouse } from './warehouses.ts'

const KILL_POINTS = pathToFileURL(join(ROOT, 'dist/test/conformance/support/kill-points.js')).href

export interface KillRun {
  warehouse: TestedWarehouse
  scenario: Scenario
  batchRows: number
  /** More settings of the target. */
  config?: Readonly<Record<string, unknown>>
}

/** `errors` has one sentence for each problem that was found. */
export interface KillOutcome {
  wasKilled: boolean
  errors: string[]
}

async function loadInProcess(run: KillRun, env: Record<string, string>): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'))
  try {
    const config = await writeJson(folder, 'target.json', {
      warehouse_url: run.warehouse.url,
      batch_size_rows: run.batchRows,
      ...run.config,
    })
    const child = start('target-warehouse', {
      args: ['--config', config],
      env: { NODE_OPTIONS: `--import=${KILL_POINTS}`, ...env },
    })
    const finished = collect(child)
    child.stdin.end(run.scenario.lines.join(''))
    return await finished
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Returns the names of all places, in the order in which a load passes them. Fails when none of
 * them is at a commit: then `kill-points.ts` does not know the calls of the driver.
 */
export async function placesOf(run: KillRun): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'))
  try {
    const log = join(folder, 'places')
    const { code, stderr } = await loadInProcess(run, { KILL_LOG: log })
    if (code !== 0) throw new Error(`The load failed without a kill: ${stderr}`)
    const places = (await readFile(log, 'utf8')).split('\n')
    if (!places.some((place) => /^before .*commit/i.test(place))) {
      throw new Error('No place is before a commit: add the calls of the driver to kill-points.ts')
    }
    return places
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the newest state in the ledger. */
export async function readLedgerState({ read }: TestedWarehouse): Promise<string | undefined> {
  const rows = ((await read('_sdc_loads')) ?? []).filter((row) => row['state'] !== null)
  const newest = rows.toSorted((a, b) => Number(a['load_number']) - Number(b['load_number'])).at(-1)
  return newest && String(newest['state'])
}

/** Checks that the tables hold exactly a prefix of the input, at least up to the last STATE. */
export async function checkTables(run: KillRun, stdout: string): Promise<string[]> {
  const { scenario, warehouse } = run
  await warehouse.settle?.()
  const printed = countCoveredLines(scenario, stdout.trimEnd().split('\n').at(-1) || undefined)
  const recorded = countCoveredLines(scenario, await readLedgerState(warehouse))
  const found = await readTables(warehouse)
  const loaded = scenario.tablesAfter.lastIndexOf(found)
  const errors: string[] = []
  if (loaded === -1) errors.push(`no prefix of the input gives these tables:\n${found}`)
  else if (loaded < recorded) errors.push(`STATE of line ${recorded}, but rows up to ${loaded}`)
  if (recorded < printed) errors.push(`STATE of line ${printed} printed, ${recorded} recorded`)
  return errors
}

/**
 * Loads the input again, completely or from the newest STATE, and checks that every row exists
 * once.
 */
export async function checkRerun(run: KillRun, isResumed: boolean): Promise<string[]> {
  const { scenario, warehouse, batchRows } = run
  const covered = isResumed ? countCoveredLines(scenario, await readLedgerState(warehouse)) : 0
  const text = linesAfter(scenario, covered)
  const again = await loadText({ url: warehouse.url, text, config: { batch_size_rows: batchRows } })
  if (again.error !== undefined) return [`the next load failed: ${inspect(again.error)}`]
  const found = await readTables(warehouse)
  return found === scenario.tablesAfter.at(-1) ? [] : [`after the next load:\n${found}`]
}

/** Runs a load that is killed at the place with this number, from 1. */
export async function loadUntil(run: KillRun, place: number): Promise<Finished> {
  return loadInProcess(run, { KILL_AT: String(place) })
}

/**
 * Kills a load at the place with this number, from 1. Then loads again; at even places from the
 * STATE.
 */
export async function killAt(run: KillRun, place: number): Promise<KillOutcome> {
  const { code, stdout } = await loadUntil(run, place)
  const errors = await checkTables(run, stdout)
  errors.push(...(await checkRerun(run, place % 2 === 0)))
  return { wasKilled: code === 137, errors }
}
