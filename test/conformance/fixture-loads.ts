/** The fixtures: inputs of a load, and every row and STATE line that it must lead to. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../src/errors.ts'
import { isMetadataName } from '../../src/loader/tables/metadata.ts'
import { parseJson, printJson, type JsonObject } from '../../src/singer/json.ts'
import type { LoadConfig } from '../../src/loader/stream/context.ts'
import { ROOT } from '../support/programs.ts'
import { loadText, stagesRows } from './support/loading.ts'
import { WAREHOUSES, type PlainRow, type TestedWarehouse } from './support/warehouses.ts'

/** The content of `fixtures/<name>.json`. */
interface Fixture {
  title: string
  config?: Partial<LoadConfig>
  /** Statements for every warehouse, run before the first load. */
  setup?: string[]
  /** Fixtures loaded one after the other. @default the one of the same name */
  inputs?: string[]
  /** Error code of the last input. Then tables and STATE are compared for large batches only. */
  fails?: string
  /** Part of the error message. */
  says?: string
  /** The last STATE line of the last input; absent: none. */
  state?: JsonObject
  /** All STATE lines of the last input, by batch size, for cases about STATE. */
  states?: Record<string, JsonObject[]>
  /** Every table with every row, in any order. Metadata as `comparableRow` keeps it. */
  tables: Record<string, PlainRow[] | null>
  /** Different results of single warehouses, by warehouse name. */
  exceptions?: Record<string, { reason: string; tables: Record<string, PlainRow[] | null> }>
}

const FOLDER = join(ROOT, 'test/conformance/fixtures')
/** Columns of the loader's own tables that differ between runs. */
const RUN_COLUMNS = new Set(['run_id', 'rejected_at'])

function readFixture(name: string): Fixture {
  return parseJson(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as unknown as Fixture
}

function statesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^\{"type": ?"STATE"/i.test(line))
  return lines.flatMap((line) => {
    const { value } = parseJson(line) as JsonObject
    return value === undefined ? [] : [printJson(value)]
  })
}

/**
 * Of the metadata, keeps the version and whether the row is marked as deleted; times differ
 * between runs.
 */
function comparableRow(row: PlainRow): PlainRow {
  const kept = Object.entries(row).filter(
    ([name]) =>
      !RUN_COLUMNS.has(name) &&
      (!isMetadataName(name) || name === '_sdc_table_version' || name === '_sdc_deleted_at'),
  )
  return Object.fromEntries(
    kept
      .map(([name, value]) => [
        name,
        name === '_sdc_deleted_at' ? (value === null ? null : 'set') : value,
      ])
      .filter(([name, value]) => !String(name).startsWith('_sdc_') || value !== null),
  ) as PlainRow
}

function sortRows(rows: readonly PlainRow[]): unknown[] {
  return rows
    .map((row) =>
      printJson(Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
    )
    .toSorted()
    .map((text) => parseJson(text))
}

async function assertTables(
  warehouse: TestedWarehouse,
  expected: Fixture['tables'],
): Promise<void> {
  for (const [table, rows] of Object.entries(expected)) {
    const found = await warehouse.read(table)
    assert.deepEqual(
      found ? sortRows(found.map(comparableRow)) : null,
      rows && sortRows(rows),
      table,
    )
  }
}

/** Asserts that STATE lines keep the order of the input, and that the last one is as expected. */
function assertStates(stdout: readonly string[], text: string, expected: Fixture): void {
  const sent = statesOf(text)
  let from = 0
  for (const line of stdout) {
    const at = sent.indexOf(line, from)
    assert.notEqual(at, -1, `STATE ${line} was sent, and in this order`)
    from = at + 1
  }
  const last = expected.state === undefined ? undefined : printJson(expected.state)
  assert.equal(stdout.at(-1), last)
}

/** Asserts one ledger row per commit, numbered without a gap, with the last STATE. */
async function assertLedger(warehouse: TestedWarehouse, expected: Fixture): Promise<void> {
  const rows = (await warehouse.read(`${expected.config?.table_prefix ?? ''}_sdc_loads`)) ?? []
  const loads = rows.toSorted((a, b) => Number(a['load_number']) - Number(b['load_number']))
  assert.deepEqual(
    loads.map((load) => load['load_number']),
    loads.map((_, at) => at + 1),
  )
  if (expected.state === undefined) return
  const last = loads.findLast((load) => load['state'] !== null)
  assert.equal(last?.['state'], printJson(expected.state))
}

const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))

/** Loads the inputs of the fixture one after the other, and compares all rows and STATE lines. */
async function assertFixture(
  warehouse: TestedWarehouse & { name: string },
  name: string,
  { rows: batchSize, staged }: Sizes,
): Promise<void> {
  const expected = readFixture(name)
  for (const statement of expected.setup ?? []) await warehouse.execute(statement)
  const inputs = expected.inputs ?? [name]
  for (const [at, input] of inputs.entries()) {
    const text = readFileSync(join(FOLDER, `${input}.singer`), 'utf8')
    const config = { batch_size_rows: batchSize, ...expected.config }
    const batch = staged === undefined ? undefined : { rows: staged, bytes: Infinity }
    const loaded = await loadText({ url: warehouse.url, text, config, ...(batch && { batch }) })
    const isLast = at === inputs.length - 1
    if (expected.fails !== undefined && isLast) {
      assert.ok(loaded.error instanceof AppError, String(loaded.error))
      assert.equal(loaded.error.code, expected.fails)
      assert.ok(loaded.error.message.includes(expected.says ?? ''), loaded.error.message)
      if (batchSize <= 2) return
    } else if (loaded.error !== undefined) throw loaded.error as Error
    if (isLast) assertStates(loaded.stdout, text, expected)
    const states = isLast ? expected.states?.[batchSize] : undefined
    if (states)
      assert.deepEqual(
        loaded.stdout,
        states.map((state) => printJson(state)),
      )
  }
  const exceptions = expected.exceptions?.[warehouse.name]?.tables
  await assertTables(warehouse, { ...expected.tables, ...exceptions })
  await assertLedger(warehouse, expected)
}

/** Of one commit. */
interface Sizes {
  rows: number
  /** After this many rows, the warehouse takes them over, ahead of the commit. */
  staged?: number
}

function titleOf({ rows, staged }: Sizes): string {
  return staged === undefined ? `batches of ${rows}` : `batches of ${rows}, staged by ${staged}`
}

/** Declares a test for every fixture, warehouse and size of a commit. */
export function testFixtures(sizes: readonly Sizes[]): void {
  for (const { name: warehouse, create } of WAREHOUSES) {
    for (const name of NAMES) {
      for (const size of sizes) {
        test(`${warehouse}: ${readFixture(name).title} (${titleOf(size)})`, async (t) => {
          const created = await create(t)
          if (size.staged !== undefined && !(await stagesRows(created.url))) {
            t.skip('This warehouse takes rows only with their commit.')
            return
          }
          await assertFixture({ ...created, name: warehouse }, name, size)
        })
      }
    }
  }
}
