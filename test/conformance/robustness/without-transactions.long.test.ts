/**
 * What an engine without transactions must keep, as `src/loader/warehouse.ts` says: loads are
 * killed before each statement of a commit. Engines with transactions are skipped.
 */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  checkRerun,
  checkTables,
  loadUntil,
  placesOf,
  readLedgerState,
  type KillRun,
} from '../support/kills.ts'
import { loadText } from '../support/loading.ts'
import {
  countCoveredLines,
  linesAfter,
  readTables,
  scenarioOf,
  type Scenario,
} from '../support/scenario.ts'
import { WAREHOUSES, type TestedWarehouse } from '../support/warehouses.ts'

const BATCH_ROWS = 5
const APPENDED = 15

/** Before a response, and before a statement that only reads: the next place finds the same. */
const WITHOUT_EFFECT = /^before response$| select$/

/** Places before each statement of the commit in the middle, and before its STATE is printed. */
function placesInCommit(places: readonly string[]): number[] {
  const prints = places.flatMap((place, at) => (place === 'before print' ? [at] : []))
  const middle = Math.floor(prints.length / 2)
  const [from = 0, to = 0] = prints.slice(middle - 1)
  return places.flatMap((place, at) =>
    at > from && at <= to && place.startsWith('before ') && !WITHOUT_EFFECT.test(place)
      ? [at + 1]
      : [],
  )
}

/** Kills a load at each place of a commit, each time in a warehouse of its own. */
async function killEach(
  { t, create }: { t: TestContext; create: () => Promise<TestedWarehouse> },
  input: Omit<KillRun, 'warehouse'>,
  check: (run: KillRun, result: { stdout: string; at: number }) => Promise<unknown[]>,
): Promise<void> {
  const first = await create()
  if (first.settle === undefined) {
    t.skip('It has transactions.')
    return
  }
  const places = await placesOf({ ...input, warehouse: first })
  const chosen = placesInCommit(places)
  assert.ok(chosen.length > 10, `${chosen.length} places`)
  for (const [at, place] of chosen.entries()) {
    const run = { ...input, warehouse: await create() }
    const { code, stdout } = await loadUntil(run, place)
    const where = `killed ${places[place - 1]} (${place})`
    assert.equal(code, 137, where)
    assert.deepEqual(await check(run, { stdout, at }), [], where)
  }
}

function tablesOf(printed: string): string[] {
  return printed.split('\n\n')
}

/** Each table has at least the rows of the STATE in the ledger, before anything is taken back. */
async function checkReader({ scenario, warehouse }: KillRun): Promise<string[]> {
  const covered = countCoveredLines(scenario, await readLedgerState(warehouse))
  const found = tablesOf(await readTables(warehouse))
  return found.filter(
    (table, at) =>
      !scenario.tablesAfter.slice(covered).some((printed) => tablesOf(printed)[at] === table),
  )
}

function schema(stream: string): string {
  return `{"type":"SCHEMA","stream":"${stream}","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n`
}

function appendScenario(): Scenario {
  const lines = [schema('even'), schema('odd')]
  for (let id = 1; id <= APPENDED; id++) {
    lines.push(
      `{"type":"RECORD","stream":"${id % 2 === 0 ? 'even' : 'odd'}","record":{"id":${id}}}\n`,
    )
    if (id % BATCH_ROWS === 0) lines.push(`{"type":"STATE","value":{"id":${id}}}\n`)
  }
  return { lines, tablesAfter: [] }
}

async function idsOf({ read }: TestedWarehouse): Promise<number[]> {
  const rows = [...((await read('even')) ?? []), ...((await read('odd')) ?? [])]
  return rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)
}

/** The first ids, each once. */
function idsUpTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1)
}

/** How many rows the ledger counts. */
async function countLoaded({ read }: TestedWarehouse): Promise<number> {
  let sum = 0
  for (const row of (await read('_sdc_loads')) ?? []) {
    const counts: unknown[] = Object.values(row['row_counts'] ?? {})
    for (const count of counts) sum += Number(count)
  }
  return sum
}

/** The tables have the rows that the ledger counts; after a load of the rest, each row once. */
async function checkAppended({ scenario, warehouse, batchRows, config }: KillRun): Promise<void> {
  await warehouse.settle?.()
  const loaded = await countLoaded(warehouse)
  const state = await readLedgerState(warehouse)
  const stateId = state === undefined ? 0 : (JSON.parse(state) as { id: number }).id
  assert.ok(stateId <= loaded, `STATE of row ${stateId}, but ${loaded} rows`)
  assert.deepEqual(await idsOf(warehouse), idsUpTo(loaded))
  const covered = scenario.lines.findIndex((line) => line.includes(`"record":{"id":${loaded}}`))
  const { error } = await loadText({
    url: warehouse.url,
    text: linesAfter(scenario, covered + 1),
    config: { batch_size_rows: batchRows, ...config },
  })
  assert.equal(error, undefined)
  assert.deepEqual(await idsOf(warehouse), idsUpTo(APPENDED))
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: without transactions, a unit without its row in the ledger is taken back or applied again as if once, and the ledger and STATE are never ahead (L1)`, async (t) => {
    /** What the tables hold with a number of rows in the ledger: always the same. */
    const contents = new Map<number, string>()
    const input = { scenario: scenarioOf(3), batchRows: BATCH_ROWS }
    await killEach({ t, create: async () => create(t) }, input, async (run, { stdout, at }) => {
      const errors = [...(await checkReader(run)), ...(await checkTables(run, stdout))]
      const loads = ((await run.warehouse.read('_sdc_loads')) ?? []).length
      const found = await readTables(run.warehouse)
      if ((contents.get(loads) ?? found) !== found) errors.push(`${loads} loads, but:\n${found}`)
      contents.set(loads, found)
      return [...errors, ...(await checkRerun(run, at % 2 === 0))]
    })
  })

  test(`${name}: without transactions, an append-only step inserts no row twice (L1)`, async (t) => {
    const config = { load_method: 'append-only' }
    const input = { scenario: appendScenario(), batchRows: BATCH_ROWS, config }
    await killEach({ t, create: async () => create(t) }, input, async (run) => {
      await checkAppended(run)
      return []
    })
  })
}
