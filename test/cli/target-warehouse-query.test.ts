import assert from 'node:assert/strict'
import { readdir, readlink } from 'node:fs/promises'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { collect, run, start } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { configure, NAME, record, SCHEMA } from './support/target.ts'

test('--query refuses formats and numbers of rows that it does not have, before it opens anything', async (t) => {
  const { config } = await configure(t)
  const cases = [
    [
      ['--query', 'select 1', '--format', 'markdown'],
      'A query prints text, json or csv, not markdown.',
    ],
    [['--query', 'select 1', '--rows', '0'], '--rows must be a whole number of at least 1, not 0.'],
    [
      ['--query', 'select 1', '--rows', 'all'],
      '--rows must be a whole number of at least 1, not all.',
    ],
    [['--query', ' '], 'The query is empty.'],
    [['--about', '--format', 'csv'], '--about prints text, json or markdown, not csv.'],
  ] as const
  for (const [args, sentence] of cases) {
    const { code, stdout, stderr } = await run(NAME, { args: ['--config', config, ...args] })
    assert.deepEqual([code, stdout, stderr], [2, '', `CRITICAL ${sentence} code=USAGE\n`])
  }
})

test('--query says that no load has created the warehouse', async (t) => {
  const { config } = await configure(t)
  const { code, stderr } = await run(NAME, { args: ['--config', config, '--query', 'select 1'] })
  assert.equal(code, 5)
  assert.equal(
    stderr,
    'CRITICAL The warehouse does not exist yet. The first load creates it. Load something, or correct `warehouse_url`. code=WAREHOUSE_FAILED\n',
  )
})

test('--query names the process that has the DuckDB file open', async (t) => {
  const { config, path } = await configure(t)
  const args = ['--config', config]
  assert.equal((await run(NAME, { args, stdin: SCHEMA + record(1) })).code, 0)
  const instance = await DuckDBInstance.create(path)
  t.after(() => instance.closeSync())
  const impatient = { TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${path}?lock_wait_seconds=0` }
  const { code, stderr } = await run(NAME, {
    args: ['--config', 'ENV', '--query', 'select 1'],
    env: impatient,
  })
  assert.equal(code, 5)
  assert.match(
    stderr,
    new RegExp(
      `^CRITICAL The DuckDB file .* is held by the process with PID ${process.pid}\\..* code=WAREHOUSE_BUSY`,
      'm',
    ),
  )
})

test('--query refuses statements that write outside of the database', async (t) => {
  const { config, folder } = await configure(t)
  const args = ['--config', config]
  assert.equal((await run(NAME, { args, stdin: SCHEMA + record(1) })).code, 0)
  for (const statement of [
    `copy users to '${folder}/users.csv'`,
    `explain analyze copy users to '${folder}/users.csv'`,
    `explain analyse copy users to '${folder}/users.csv'`,
    `explain (analyse) copy users to '${folder}/users.csv'`,
    `select * from ducklake_expire_snapshots('lake')`,
    `attach '${folder}/other.duckdb'`,
    `export database '${folder}/export'`,
    'install httpfs',
    'create persistent secret s (type s3)',
  ]) {
    const { code, stderr } = await run(NAME, { args: [...args, `--query=${statement}`] })
    assert.equal(code, 5, statement)
    assert.match(stderr, /does not only read|refused the query/)
  }
  const left = await run(NAME, {
    args: [...args, '--format', 'csv', `--query=select file from glob('${folder}/*') order by 1`],
  })
  assert.equal(left.stdout, `file\n${folder}/target.json\n${folder}/test.duckdb\n`)
})

test('--query prints JSON with a name for each column, and no number that JSON does not have', async (t) => {
  const { config } = await configure(t)
  const args = ['--config', config]
  assert.equal((await run(NAME, { args, stdin: SCHEMA + record(1) })).code, 0)
  const query = "select 1 as a, 2 as a, 'NaN'::double as b, 1e300 as c, [1, 2] as d, true as e"
  const { stdout } = await run(NAME, { args: [...args, '--query', query, '--format', 'json'] })
  assert.equal(stdout, '[\n{"a":1,"a_2":2,"b":"NaN","c":1e+300,"d":"[1, 2]","e":true}\n]\n')
  const none = await run(NAME, {
    args: [...args, '--query', 'select * from users where id = 2', '--format', 'json'],
  })
  assert.equal(none.stdout, '[]\n')
})

/** Whether a process has the file open. Linux only. */
async function hasOpen(pid: number | undefined, path: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const paths = names.map(async (name) => readlink(`${folder}/${name}`).catch(() => ''))
  return (await Promise.all(paths)).includes(path)
}

test('SIGINT ends a long query at once', { skip: process.platform !== 'linux' }, async (t) => {
  const { config, path } = await configure(t)
  const args = ['--config', config]
  assert.equal((await run(NAME, { args, stdin: SCHEMA + record(1) })).code, 0)
  const child = start(NAME, { args: [...args, '--query', 'select count(*) from range(10**15)'] })
  const ended = collect(child)
  await until(async () => hasOpen(child.pid, path), { what: 'the query to begin' })
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  assert.deepEqual([code, stdout, stderr], [130, '', 'INFO Stopped by SIGINT.\n'])
})
