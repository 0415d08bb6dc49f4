/** Several loads into one lake. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { query } from '../../conformance/support/postgres.ts'
import { until } from '../../support/wait.ts'
import {
  changed,
  freshLake,
  idsOf,
  pieces,
  record,
  SCHEMA,
  state,
  WITHOUT_LAKES as skip,
} from './lakes.ts'

/** PIDs of the sessions of this process that hold an advisory lock of the lake. */
async function lockSessions(): Promise<string[]> {
  const rows = await query(
    `select distinct pid from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and application_name like 'target-warehouse, process ${process.pid} %'`,
  )
  return rows.map(([pid]) => String(pid))
}

/** Ends the session that holds the lock of the only load that is running. */
async function loseLock(): Promise<void> {
  const pids = await lockSessions()
  assert.equal(pids.length, 1)
  await query(`select pg_terminate_backend(${pids[0]})`)
  const hasEnded = async () => (await lockSessions()).length === 0
  await until(hasEnded, { what: 'the session of the lock to end' })
}

test(
  'L39: a second load waits, then names the session that holds the tables',
  { skip },
  async (t) => {
    const lake = await freshLake(t)
    let second: Awaited<ReturnType<typeof loadText>> | undefined
    const first = await loadText({
      url: lake.url,
      text: pieces(SCHEMA + record(1), async () => {
        const url = changed(lake.url, { lock_wait_seconds: '0.2' })
        second = await loadText({ url, text: SCHEMA + record(2) })
      }),
    })
    assert.equal(first.error, undefined)
    assert.ok(second?.error instanceof AppError && second.error.code === 'WAREHOUSE_BUSY')
    assert.match(
      second.error.message,
      /^The tables of schema "main" are held by server process \d+ \(target-warehouse, process /,
    )
    assert.deepEqual(await idsOf(lake), [1])
  },
)

test('loads with two prefixes run at the same time', { skip }, async (t) => {
  const lake = await freshLake(t)
  const load = async (table_prefix: string) =>
    loadText({
      url: lake.url,
      config: { table_prefix, batch_size_rows: 1 },
      text: SCHEMA + [1, 2, 3, 4, 5].map((id) => record(id) + state(id)).join(''),
    })
  const loads = await Promise.all([load('a_'), load('b_')])
  for (const { error, stdout } of loads) {
    assert.equal(error, undefined, String(error))
    assert.equal(stdout.at(-1), '{"s":5}')
  }
  for (const table of ['a_s', 'b_s']) assert.deepEqual(await idsOf(lake, table), [1, 2, 3, 4, 5])
})

test(
  'L30: takes the lock again when its connection ended while the input was idle',
  { skip },
  async (t) => {
    const lake = await freshLake(t)
    const { error, stdout } = await loadText({
      url: lake.url,
      config: { batch_size_rows: 1 },
      text: pieces(SCHEMA + record(1) + state(1), loseLock, record(2) + state(2)),
    })
    assert.equal(error, undefined, String(error))
    assert.deepEqual(stdout, ['{"s":1}', '{"s":2}'])
    assert.deepEqual(await idsOf(lake), [1, 2])
  },
)

test(
  'L40: refuses a load that lost its lock after another load has written',
  { skip },
  async (t) => {
    const lake = await freshLake(t)
    let other: unknown
    const { error } = await loadText({
      url: lake.url,
      config: { batch_size_rows: 1 },
      text: pieces(
        SCHEMA + record(1) + state(1),
        async () => {
          await until(async () => (await idsOf(lake)).includes(1), { what: 'row 1' })
          await loseLock()
          other = (await loadText({ url: lake.url, text: SCHEMA + record(3) })).error
        },
        record(2) + state(2),
      ),
    })
    assert.equal(other, undefined, String(other))
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, /Another load has written/)

    assert.deepEqual(await idsOf(lake), [1, 3])
  },
)
