import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { collect, ROOT, run, start, temporaryFolder, writeJson } from '../support/programs.ts'
import { until } from '../support/wait.ts'

const NAME = 'target-warehouse'
const SCHEMA =
  '{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"key_properties":["id"]}\n'

function record(id: number, name = 'someone'): string {
  return `{"type":"RECORD","stream":"users","record":{"id":${id},"name":"${name}"}}\n`
}

function state(id: number): string {
  return `{"type":"STATE","value":{"users":${id}}}\n`
}

async function configure(t: TestContext, settings: Record<string, unknown> = {}) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'test.duckdb')
  const config = await writeJson(folder, 'target.json', {
    warehouse_url: `duckdb:${path}`,
    ...settings,
  })
  return { folder, path, config }
}

async function query(path: string, sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

test('loads stdin and prints only the STATE on stdout', async (t) => {
  const { path, config } = await configure(t, { table_prefix: 'cio_', default_target_schema: 'm' })
  const stdin = SCHEMA + record(1) + state(1) + record(2) + state(2)
  const { code, stdout, stderr } = await run(NAME, { args: ['--config', config], stdin })
  assert.equal(code, 0, stderr)
  assert.equal(stdout, '{"users":2}\n')
  assert.doesNotMatch(stderr, /error|exception/i)
  assert.doesNotMatch(stderr, /someone/)
  assert.match(stderr, /INFO METRIC: \{"type":"counter","metric":"record_count","value":2,/)
  assert.match(stderr, /INFO Load finished\. records=2 rows=2 deleted=0 rejected=0 commits=1/)
  assert.deepEqual(await query(path, 'select id, name from m.cio_users order by id'), [
    ['1', 'someone'],
    ['2', 'someone'],
  ])
})

test('reads a file with --input and settings from the environment', async (t) => {
  const { folder, path } = await configure(t)
  const input = join(folder, 'in.singer')
  await writeFile(input, SCHEMA + record(1) + state(1))
  const { code, stdout } = await run(NAME, {
    args: ['--config', 'ENV', '--input', input],
    env: { TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${path}`, TARGET_WAREHOUSE_TABLE_PREFIX: 'e_' },
  })
  assert.equal(code, 0)
  assert.equal(stdout, '{"users":1}\n')
  assert.deepEqual(await query(path, 'select count(*) from e_users'), [['1']])
})

test('--last-state prints the last committed STATE or nothing, and creates no file', async (t) => {
  const { path, config } = await configure(t)
  const before = await run(NAME, { args: ['--config', config, '--last-state'] })
  assert.deepEqual([before.code, before.stdout], [0, ''])
  await assert.rejects(readFile(path), { code: 'ENOENT' })
  const stdin = SCHEMA + record(1) + state(1) + state(2)
  await run(NAME, { args: ['--config', config], stdin })
  await run(NAME, { args: ['--config', config], stdin: SCHEMA + record(3) })
  const after = await run(NAME, { args: ['--config', config, '--last-state'] })
  assert.deepEqual([after.code, after.stdout], [0, '{"users":2}\n'])
})

test('--test creates and drops a table', async (t) => {
  const { path, config } = await configure(t)
  const { code, stdout, stderr } = await run(NAME, { args: ['--config', config, '--test'] })
  assert.deepEqual([code, stdout], [0, ''])
  assert.match(stderr, /The warehouse is writable\./)
  assert.deepEqual(await query(path, 'select count(*) from duckdb_tables()'), [['0']])
})

test('--test names a missing folder', async () => {
  const args = ['--config', 'ENV', '--test']
  const env = { TARGET_WAREHOUSE_WAREHOUSE_URL: 'duckdb:/nowhere/at/all.duckdb' }
  const { code, stderr } = await run(NAME, { args, env })
  assert.equal(code, 2)
  assert.match(stderr, /The folder of the DuckDB file \/nowhere\/at\/all\.duckdb does not exist\./)
})

test('--version, --help and --about need no configuration', async () => {
  const version = await run(NAME, { args: ['--version'] })
  assert.match(version.stdout, /^target-warehouse \d+\.\d+\.\d+\n$/)
  const help = await run(NAME, { args: ['--help'] })
  assert.match(help.stdout, /--last-state/)
  const about = await run(NAME, { args: ['--about', '--format', 'json'] })
  const document = JSON.parse(about.stdout) as {
    name: string
    capabilities: string[]
    settings: { properties: Record<string, { secret?: boolean }> }
  }
  assert.equal(document.name, NAME)
  assert.ok(document.capabilities.includes('activate-version'))
  assert.equal(document.settings.properties['warehouse_url']?.secret, true)
  const markdown = await run(NAME, { args: ['--about', '--format=markdown'] })
  assert.match(markdown.stdout, /\| `hard_delete` \| boolean \|/)
  for (const { code, stderr } of [version, help, about, markdown]) {
    assert.deepEqual([code, stderr], [0, ''])
  }
})

test('reports usage errors in one sentence with status 2', async (t) => {
  const folder = await temporaryFolder(t)
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{"warehouse_url": "duckdb:x" "}')
  const wrong = await writeJson(folder, 'wrong.json', {
    batch_size_rows: 0,
    batch_wait_limit_seconds: 3e6,
    load_method: 'merge',
    on_invalid_record: 'ignore',
  })
  const scheme = await writeJson(folder, 'scheme.json', {
    warehouse_url: 'oracle://u:hunter22@h/db',
  })
  const misplaced = await writeJson(folder, 'misplaced.json', {
    load_method: 'postgres://u:hunter22@h/db',
  })
  const option = await writeJson(folder, 'option.json', {
    warehouse_url: 'duckdb:x?password=hunter22',
  })
  const cases: [string[], RegExp][] = [
    [['--unknown'], /Unknown argument: unknown\. See target-warehouse --help\./],
    [['extra'], /Too many non-option arguments/],
    [['--config', join(folder, 'none.json')], /none\.json could not be read \(no such file\)/],
    [['--config', broken], /broken\.json is not valid JSON/],
    [
      ['--config', wrong],
      /`load_method` must be one of upsert, append-only, overwrite, not "merge"; .*`batch_size_rows` must be an integer of at least 1, not 0; `batch_wait_limit_seconds` must be a number greater than 0 and of at most 86400, not 3000000/,
    ],
    [['--config', misplaced], /`load_method` must be one of upsert, append-only, overwrite\. /],
    [['--config', scheme], /`warehouse_url` begins with "oracle:"; known are duckdb:/],
    [['--config', option], /`warehouse_url` has an option "password"/],
    [['--input', join(folder, 'none.singer')], /none\.singer could not be read \(no such file\)/],
    [['--input', folder], /The input file .* could not be read \(is a folder\)/],
  ]
  for (const [args, sentence] of cases) {
    const { code, stdout, stderr } = await run(NAME, { args, cwd: folder })
    assert.equal(code, 2, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, sentence)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    assert.doesNotMatch(stderr, /hunter22/)
  }
})

test('W-19: after invalid input, committed rows and their STATE stay, and nothing later is loaded', async (t) => {
  const bad: [string, number, RegExp][] = [
    ['{"type":"RECORD","secret-value\n', 2, /Line 6 of the input is not valid JSON\./],
    ['{"type":"RECORD","stream":"other","record":{"id":"secret-value"}}\n', 2, /Line 6 .*"other"/],
    [
      '{"type":"RECORD","stream":"users","record":{"id":"secret-value"}}\n',
      5,
      /Line 6 .*\/id must be integer/,
    ],
    [
      '{"type":"RECORD","stream":"users","record":{"id":3,"name":"secret-value',
      5,
      /middle of line 6/,
    ],
  ]
  for (const [line, status, sentence] of bad) {
    const { path, config } = await configure(t, { batch_size_rows: 2 })
    const stdin =
      SCHEMA + record(1) + state(1) + record(2) + record(3) + line + record(4) + state(4)
    const cut = line.endsWith('\n') ? stdin : stdin.slice(0, stdin.indexOf(line) + line.length)
    const { code, stdout, stderr } = await run(NAME, { args: ['--config', config], stdin: cut })
    assert.equal(code, status, stderr)
    assert.equal(stdout, '{"users":1}\n')
    assert.match(stderr, sentence)
    assert.doesNotMatch(stderr, /secret-value/)
    assert.deepEqual(await query(path, 'select id from users order by id'), [['1'], ['2']])
  }
})

test('W-16, L2: SIGTERM with idle stdin commits waiting rows, prints their STATE and exits with 143', async (t) => {
  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const { path, config } = await configure(t)
    const child = start(NAME, { args: ['--config', config] })
    const finished = collect(child)
    const lines = SCHEMA + record(1) + state(1) + record(2)
    // More than a pipe holds: once it is written, the earlier lines have been read.
    const cut = `{"type":"RECORD","stream":"users","record":{"id":3,"name":"${'x'.repeat(500_000)}`
    await new Promise((resolve) => child.stdin.write(lines + cut, resolve))
    child.kill(signal)
    const { code, stdout, stderr } = await finished
    assert.equal(code, status, stderr)
    assert.equal(stdout, '{"users":1}\n')
    assert.match(stderr, new RegExp(`INFO Stopped by ${signal}\\.`))
    assert.deepEqual(await query(path, 'select count(*) from users'), [['2']])
  }
})

test('L45: commits a batch by age while stdin is idle', async (t) => {
  const { config } = await configure(t, { batch_wait_limit_seconds: 0.2 })
  const child = start(NAME, { args: ['--config', config] })
  const finished = collect(child)
  child.stdin.write(SCHEMA + record(1) + state(1))
  const [line] = (await once(child.stdout, 'data')) as [string]
  assert.equal(line, '{"users":1}\n')
  assert.equal(child.exitCode, null)
  child.stdin.end()
  assert.equal((await finished).stdout, '{"users":1}\n')
})

test('L7: a closed stdout ends the load with status 1; committed rows stay and the next run resumes', async (t) => {
  const { path, config } = await configure(t, { batch_size_rows: 1 })
  const child = start(NAME, { args: ['--config', config] })
  const finished = collect(child)
  child.stdout.destroy()
  child.stdin.write(SCHEMA + record(1) + state(1) + record(2) + state(2))
  child.stdin.end()
  const { code, stderr } = await finished
  assert.equal(code, 1)
  assert.match(stderr, /The reader of the output closed it before the end\./)
  assert.doesNotMatch(stderr, /at .*\.js/)
  const again = await run(NAME, {
    args: ['--config', config],
    stdin: SCHEMA + record(1) + record(2) + record(3) + state(3),
  })
  assert.equal(again.stdout, '{"users":3}\n')
  assert.deepEqual(await query(path, 'select count(*), count(distinct id) from users'), [
    ['3', '3'],
  ])
})

test('L36: waits for a locked DuckDB file, then names the PID of its owner', async (t) => {
  const { folder, path } = await configure(t)
  const instance = await DuckDBInstance.create(path)
  const config = await writeJson(folder, 'short.json', {
    warehouse_url: `duckdb:${path}?lock_wait_seconds=0.3`,
  })
  try {
    const { code, stderr } = await run(NAME, { args: ['--config', config], stdin: SCHEMA })
    assert.equal(code, 5)
    assert.match(stderr, new RegExp(`is held by the process with PID ${process.pid}\\.`))
  } finally {
    instance.closeSync()
  }
})

test('loads into a DuckDB file that is unlocked in time', async (t) => {
  const { path, config } = await configure(t)
  const instance = await DuckDBInstance.create(path)
  const child = start(NAME, { args: ['--config', config] })
  const finished = collect(child)
  let logged = ''
  child.stderr.on('data', (chunk: string) => (logged += chunk))
  child.stdin.end(SCHEMA + record(1) + state(1))
  await until(() => logged.includes('holds the DuckDB file'), { what: 'the target to wait' })
  instance.closeSync()
  const { code, stdout, stderr } = await finished
  assert.equal(code, 0, stderr)
  assert.equal(stdout, '{"users":1}\n')
})

test('names a missing driver', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'node_modules'))
  for (const name of ['ajv', 'yargs', 'fast-deep-equal', 'fast-uri', 'json-schema-traverse']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  await cp(join(ROOT, 'dist/src'), join(folder, 'dist/src'), { recursive: true })
  await cp(join(ROOT, 'dist/schemas'), join(folder, 'dist/schemas'), { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"type":"module","version":"0.0.0"}')
  const child = spawn(process.execPath, ['dist/src/cli/target-warehouse.js', '--test'], {
    cwd: folder,
  })
  const { code, stderr } = await collect(child)
  assert.equal(code, 2)
  assert.match(
    stderr,
    /The driver for duckdb could not be loaded\. Install the npm package @duckdb\/node-api/,
  )
})
