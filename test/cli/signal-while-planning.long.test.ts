/** The first signal while a query of planning waits in the database. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { loadText } from '../conformance/support/loading.ts'
import { freshSchema, query, SERVER_URL } from '../conformance/support/postgres.ts'
import { collect, start } from '../support/programs.ts'
import { until } from '../support/wait.ts'

function schemaOf(stream: string, format: 'date' | 'date-time'): string {
  return `{"type":"SCHEMA","stream":"${stream}","schema":{"properties":{"id":{"type":"integer"},"at":{"type":"string","format":"${format}"}}},"key_properties":["id"]}\n`
}

function record(stream: string, id: number, at: string): string {
  return `{"type":"RECORD","stream":"${stream}","record":{"id":${id},"at":"${at}"}}\n`
}

const FIRST = schemaOf('widened', 'date') + record('widened', 1, '2026-11-01')
/** Planning the second stream looks at each of its rows, because its dates become times. */
const SECOND = [
  schemaOf('steady', 'date'),
  record('steady', 1, '2026-11-02'),
  '{"type":"STATE","value":{"steady":1}}\n',
  schemaOf('widened', 'date-time'),
  record('widened', 2, '2026-11-03T04:05:06Z'),
  '{"type":"STATE","value":{"widened":2}}\n',
].join('')

/** A load whose planning waits for a table, until `release` is called. */
async function startWaitingLoad(t: TestContext) {
  const { schema, url } = await freshSchema(t)
  const first = await loadText({ url, text: FIRST })
  assert.equal(first.error, undefined, String(first.error))
  const other = new Client({ connectionString: SERVER_URL })
  await other.connect()
  t.after(() => other.end())
  await other.query(`begin; lock table ${schema}.widened in access exclusive mode`)
  const child = start('target-warehouse', {
    args: ['--config', 'ENV'],
    env: { TARGET_WAREHOUSE_WAREHOUSE_URL: url },
  })
  const finished = collect(child)
  child.stdin.write(SECOND)
  const waiting = `select query from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
    where not l.granted and l.relation = to_regclass('${schema}.widened')`
  const [[statement] = []] = await until(
    async () => {
      const rows = await query(waiting)
      return rows.length > 0 ? rows : undefined
    },
    { what: 'planning to wait for the table' },
  )
  assert.match(String(statement), /^select /)
  return { schema, url, child, finished, release: () => other.query('rollback') }
}

async function readTables(schema: string): Promise<unknown> {
  return {
    steady: await query(`select id from ${schema}.steady`).catch(() => 'missing'),
    widened: await query(`select id from ${schema}.widened order by id`),
    loads: await query(`select load_number, state from ${schema}._sdc_loads order by load_number`),
  }
}

const COMPLETE = { steady: [['1']], widened: [['1'], ['2']] }
const STATE = '{"widened":2}'

test('a first signal while planning waits ends the load after its grace time, and the next load has every row', async (t) => {
  const { schema, url, child, finished, release } = await startWaitingLoad(t)
  child.kill('SIGTERM')
  const { stdout, stderr } = await finished
  // An error or an orderly end would have an exit status.
  assert.deepEqual([child.exitCode, child.signalCode, stdout], [null, 'SIGTERM', ''], stderr)
  await release()
  assert.deepEqual(await readTables(schema), {
    steady: 'missing',
    widened: [['1']],
    loads: [['1', null]],
  })
  const next = await loadText({ url, text: SECOND })
  assert.equal(next.error, undefined, String(next.error))
  assert.deepEqual(next.stdout, [STATE])
  assert.deepEqual(await readTables(schema), {
    ...COMPLETE,
    loads: [
      ['1', null],
      ['2', STATE],
    ],
  })
})

test('a first signal while planning waits lets a load commit what it has read when the wait ends in time', async (t) => {
  const { schema, child, finished, release } = await startWaitingLoad(t)
  child.kill('SIGTERM')
  await release()
  const { code, stdout, stderr } = await finished
  assert.deepEqual([code, stdout], [143, `${STATE}\n`], stderr)
  assert.deepEqual(await readTables(schema), {
    ...COMPLETE,
    loads: [
      ['1', null],
      ['2', STATE],
    ],
  })
})
