/** Kills a loader at one place and judges what it left; then loads again and judges that. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { collect, ROOT, start, writeJson, type Finished } from '../../support/programs.ts'
import { loadText } from './loading.ts'
import { linesBefore, linesBehind, readTables, type Scenario } from './scenario.ts'
import type { TestedWarehouse } from './warehouses.ts'

const KILL_POINTS = pathToFileURL(join(ROOT, 'dist/test/conformance/support/kill-points.js')).href

export interface KillRun {
  warehouse: TestedWarehouse
  scenario: Scenario
  batchRows: number
}

/** What was found wrong is in `faults`: one sentence each. */
export interface Judgement {
  wasKilled: boolean
  faults: string[]
}

async function loadInProcess(run: KillRun, env: Record<string, string>): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'))
  try {
    const config = await writeJson(folder, 'target.json', {
      warehouse_url: run.warehouse.url,
      batch_size_rows: run.batchRows,
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

/** The names of all places in the order in which a load passes them. */
export async function placesOf(run: KillRun): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'))
  try {
    const log = join(folder, 'places')
    const { code, stderr } = await loadInProcess(run, { KILL_LOG: log })
    if (code !== 0) throw new Error(`The load failed without a kill: ${stderr}`)
    return (await readFile(log, 'utf8')).split('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The newest state in the ledger. */
async function ledgerState({ read }: TestedWarehouse): Promise<string | undefined> {
  const rows = ((await read('_sdc_loads')) ?? []).filter((row) => row['state'] !== null)
  const newest = rows.toSorted((a, b) => Number(a['load_number']) - Number(b['load_number'])).at(-1)
  return newest && String(newest['state'])
}

/** The tables must hold exactly what some start of the input makes of them, no shorter than what any STATE says. */
export async function judgeLeft(run: KillRun, stdout: string): Promise<string[]> {
  const { scenario, warehouse } = run
  const printed = linesBefore(scenario, stdout.trimEnd().split('\n').at(-1) || undefined)
  const recorded = linesBefore(scenario, await ledgerState(warehouse))
  const found = await readTables(warehouse)
  const loaded = scenario.tablesAfter.lastIndexOf(found)
  const faults: string[] = []
  if (loaded === -1) faults.push(`no start of the input makes these tables:\n${found}`)
  else if (loaded < recorded) faults.push(`STATE of line ${recorded}, but rows up to ${loaded}`)
  if (recorded < printed) faults.push(`STATE of line ${printed} printed, ${recorded} recorded`)
  return faults
}

/** After a load of the whole input, or of what the newest STATE leaves of it, everything is there once. */
export async function judgeRerun(run: KillRun, isResumed: boolean): Promise<string[]> {
  const { scenario, warehouse, batchRows } = run
  const covered = isResumed ? linesBefore(scenario, await ledgerState(warehouse)) : 0
  const text = linesBehind(scenario, covered)
  const again = await loadText({ url: warehouse.url, text, config: { batch_size_rows: batchRows } })
  if (again.error !== undefined) return [`the next load failed: ${inspect(again.error)}`]
  const found = await readTables(warehouse)
  return found === scenario.tablesAfter.at(-1) ? [] : [`after the next load:\n${found}`]
}

/** Runs a load that is killed at the place of this number, from 1. */
export async function loadUntil(run: KillRun, place: number): Promise<Finished> {
  return loadInProcess(run, { KILL_AT: String(place) })
}

/** Kills a load at the place of this number (from 1), then loads again: from the start, or every other time from the STATE. */
export async function killAt(run: KillRun, place: number): Promise<Judgement> {
  const { code, stdout } = await loadUntil(run, place)
  const faults = await judgeLeft(run, stdout)
  faults.push(...(await judgeRerun(run, place % 2 === 0)))
  return { wasKilled: code === 137, faults }
}
