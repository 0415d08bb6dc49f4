import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { configure, NAME, query, record, SCHEMA, state } from './support/target.ts'

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

test('--test creates, fills, reads and drops a table', async (t) => {
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
    [['--config', scheme], /`warehouse_url` begins with "oracle:"; known are clickhouse:/],
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
