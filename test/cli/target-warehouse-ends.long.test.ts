/** How a load ends: after invalid input, signals, a closed stdout, a locked file, no driver. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  collect,
  ROOT,
  run,
  start,
  untilIdle,
  temporaryFolder,
  writeJson,
} from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { configure, NAME, query, record, SCHEMA, state } from './support/target.ts'

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
    const cut = `{"type":"RECORD","stream":"users","record":{"id":3,"name":"${'x'.repeat(500_000)}`
    await new Promise((resolve) => child.stdin.write(lines + cut, resolve))
    await untilIdle(child)
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
