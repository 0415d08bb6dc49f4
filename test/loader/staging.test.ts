/** Rows that the warehouse takes over ahead of their commit. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../../src/loader/load.ts'
import type { Warehouse } from '../../src/loader/warehouse.ts'
import { Logger } from '../../src/logger.ts'
import { LineWriter } from '../../src/singer/writer.ts'
import { createWarehouse } from '../../src/warehouses/index.ts'
import { PassThrough, Readable } from 'node:stream'
import { DEFAULTS } from '../conformance/support/loading.ts'
import { DUCKDB_UNDER_TEST } from '../conformance/support/warehouses.ts'
import type { Scope } from '../support/programs.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":"string"}}},"key_properties":["id"]}'
/** Every key comes several times: in its own batch, in the next one, and much later. */
const KEYS = [1, 2, 2, 3, 1, 4, 3, 5, 6, 1]
const EXPECTED = [
  { id: 1, v: 'at 9' },
  { id: 2, v: 'at 2' },
  { id: 3, v: 'at 6' },
  { id: 4, v: 'at 5' },
  { id: 5, v: 'at 7' },
  { id: 6, v: 'at 8' },
]

const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} })

interface Counted {
  commits: number
  staged: number
}

/** Loads the records: commits of ten rows, of which two wait in memory. Returns the rows. */
async function loadStaged(
  t: Scope,
  change: (warehouse: Warehouse, counted: Counted) => void,
): Promise<Counted & { rows: unknown[] }> {
  const { url, read } = await DUCKDB_UNDER_TEST.create(t)
  const options = { url, schema: undefined, tablePrefix: '', isReadOnly: false, logger }
  const warehouse = await createWarehouse(options)
  await warehouse.open()
  const counted = { commits: 0, staged: 0 }
  change(warehouse, counted)
  const lines = KEYS.map((id, at) =>
    JSON.stringify({ type: 'RECORD', stream: 's', record: { id, v: `at ${at}` } }),
  )
  try {
    await load({
      input: Readable.from([Buffer.from(`${[SCHEMA, ...lines].join('\n')}\n`)]),
      output: new LineWriter(new PassThrough().resume()),
      warehouse,
      config: { ...DEFAULTS, batch_size_rows: KEYS.length },
      batch: { rows: 2, bytes: Infinity },
      logger,
      signal: new AbortController().signal,
      runId: 'run',
      now: Date.now,
    })
  } finally {
    await warehouse.close()
  }
  const rows = ((await read('s')) ?? []).map(({ id, v }) => ({ id: Number(id), v }))
  return { ...counted, rows: rows.toSorted((a, b) => a.id - b.id) }
}

function count(warehouse: Warehouse, counted: Counted): void {
  const commit = warehouse.commit.bind(warehouse)
  warehouse.commit = async (unit) => {
    counted.commits++
    return commit(unit)
  }
  const stage = warehouse.stage?.bind(warehouse)
  warehouse.stage = async (step, earlier) => {
    counted.staged++
    return stage?.(step, earlier)
  }
}

test('batches are staged one by one and committed together; the last row of a key wins', async (t) => {
  assert.deepEqual(await loadStaged(t, count), { commits: 1, staged: 5, rows: EXPECTED })
})

test('a batch that cannot be staged is committed at once', async (t) => {
  const { rows, commits } = await loadStaged(t, (warehouse, counted) => {
    count(warehouse, counted)
    const stage = warehouse.stage?.bind(warehouse)
    let calls = 0
    warehouse.stage = async (step, earlier) =>
      ++calls % 2 === 0 ? undefined : stage?.(step, earlier)
  })
  assert.deepEqual(rows, EXPECTED)
  assert.equal(commits, 3)
})

test('a commit that failed is repeated with the staged rows', async (t) => {
  const { rows, commits } = await loadStaged(t, (warehouse, counted) => {
    count(warehouse, counted)
    const commit = warehouse.commit.bind(warehouse)
    warehouse.classify = () => 'transient'
    warehouse.commit = async (unit) => {
      if (counted.commits > 0) return commit(unit)
      // The last step fails in the transaction, which has written all rows by then.
      const broken = { kind: 'empty', table: 'missing' } as const
      return commit({ ...unit, steps: [...unit.steps, broken] })
    }
  })
  assert.deepEqual(rows, EXPECTED)
  assert.equal(commits, 2)
})
