/** What the loader does while a commit is running: it reads the next batch, and no more. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { load } from '../../src/loader/load.ts'
import type { CommitUnit } from '../../src/loader/commit-unit.ts'
import type { Warehouse } from '../../src/loader/warehouse.ts'
import { Logger } from '../../src/logger.ts'
import { LineWriter } from '../../src/singer/writer.ts'
import { createWarehouse } from '../../src/warehouses/index.ts'
import { DEFAULTS } from '../conformance/support/loading.ts'
import { temporaryFolder } from '../support/programs.ts'
import { until } from '../support/wait.ts'

const BATCH_ROWS = 10
const RECORDS = 45
/** Turns of the event loop in which a loader without a bound would have read everything. */
const TURNS = 200
const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n'

const logger = new Logger({
  name: 'test',
  level: 'critical',
  format: 'plain',
  write: () => undefined,
})

async function openDuckdb(t: TestContext): Promise<Warehouse> {
  const warehouse = await createWarehouse({
    url: `duckdb:${join(await temporaryFolder(t), 'a.duckdb')}`,
    schema: undefined,
    tablePrefix: '',
    isReadOnly: false,
    logger,
  })
  await warehouse.open()
  t.after(() => warehouse.close())
  return warehouse
}

/** Holds up each commit until it is let go. */
class Gate {
  /** Rows of the commits that began. */
  readonly begun: number[] = []
  running = 0
  #letGo: () => void = () => undefined

  constructor(warehouse: Warehouse) {
    const commit = warehouse.commit.bind(warehouse)
    warehouse.commit = async (unit) => {
      this.#begin(unit)
      await new Promise<void>((resolve) => (this.#letGo = resolve))
      const retired = await commit(unit)
      this.running--
      return retired
    }
  }

  #begin({ steps }: CommitUnit): void {
    this.running++
    assert.equal(this.running, 1, 'two commits at once')
    const rows = steps.map((step) => (step.kind === 'write' ? step.rowCount : 0))
    this.begun.push(rows[0] ?? 0)
  }

  letGo(): void {
    this.#letGo()
  }
}

function startLoad(warehouse: Warehouse) {
  const progress = { read: 0, states: [] as string[] }
  async function* input(): AsyncGenerator<Buffer> {
    yield Buffer.from(SCHEMA)
    for (let id = 1; id <= RECORDS; id++) {
      progress.read = id
      yield Buffer.from(
        `{"type":"RECORD","stream":"s","record":{"id":${id}}}\n{"type":"STATE","value":{"s":${id}}}\n`,
      )
    }
  }
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      progress.states.push(...chunk.toString().split('\n').filter(Boolean))
      done()
    },
  })
  const loaded = load({
    input: input(),
    output: new LineWriter(stdout),
    warehouse,
    config: { ...DEFAULTS, batch_size_rows: BATCH_ROWS },
    logger,
    signal: new AbortController().signal,
    runId: 'run',
    now: Date.now,
  })
  return { progress, loaded }
}

async function turn(times: number): Promise<void> {
  for (let at = 0; at < times; at++) await new Promise((resolve) => setImmediate(resolve))
}

test('while a commit is held up, one more batch is read, and no STATE is written', async (t) => {
  const warehouse = await openDuckdb(t)
  const gate = new Gate(warehouse)
  const { progress, loaded } = startLoad(warehouse)
  for (let commits = 1; commits <= RECORDS / BATCH_ROWS; commits++) {
    const most = Math.min(RECORDS, (commits + 1) * BATCH_ROWS)
    const isHeld = () => gate.begun.length === commits && progress.read === most
    await until(isHeld, { what: `batch ${commits + 1} to be read during commit ${commits}` })
    await turn(TURNS)
    assert.equal(progress.read, most)
    assert.equal(gate.begun.length, commits)
    assert.equal(progress.states.length, commits - 1)
    gate.letGo()
  }
  await until(() => gate.begun.length === 5, { what: 'the last commit' })
  gate.letGo()
  assert.equal((await loaded).rows, RECORDS)
  assert.deepEqual(gate.begun, [10, 10, 10, 10, 5])
  assert.deepEqual(
    progress.states,
    [9, 19, 29, 39, RECORDS].map((id) => `{"s":${id}}`),
  )
  assert.deepEqual(await warehouse.countRows('s', undefined), { live: RECORDS, deleted: 0 })
})
