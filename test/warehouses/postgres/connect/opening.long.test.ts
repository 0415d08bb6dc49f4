/** A connection that breaks while it is opened. */

import assert from 'node:assert/strict'
import { chownSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { Logger } from '../../../../src/logger.ts'
import { createWarehouse } from '../../../../src/warehouses/index.ts'
import { makeAuthority, type Authority } from '../../../support/network/certificates.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { startPostgres, type PostgresServer } from '../../../support/postgres-server.ts'
import { run, temporaryFolder, writeJson } from '../../../support/programs.ts'
import { until } from '../../../support/wait.ts'
import {
  cutAfter,
  cutAt,
  passing,
  startProxy,
  type Proxy,
  type Treatment,
} from '../../../support/network/tcp-proxy.ts'

const INPUT = `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}
{"type":"RECORD","stream":"s","record":{"id":1}}
{"type":"STATE","value":{"s":1}}
`
const AT_ONCE = 12

let folder = ''
let server: PostgresServer
let authority: Authority
let client: Client

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opening-'))
  authority = await makeAuthority(folder)
  const { key, cert } = await authority.issue(['DNS:localhost'])
  server = await startPostgres({
    // Before PostgreSQL 14 the default of password_encryption is md5.
    settings: ['ssl = on', 'max_connections = 60', 'password_encryption = scram-sha-256'],
    access: ['host all by_password all scram-sha-256'],
    prepare: (data, { uid, gid }) => {
      for (const [name, text] of [
        ['server.key', key],
        ['server.crt', cert],
      ] as const) {
        writeFileSync(join(data, name), text, { mode: 0o600 })
        if (uid !== undefined) chownSync(join(data, name), uid, gid ?? uid)
      }
    },
  })
  client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`create role by_password superuser login password 'right'`)
})

after(async () => {
  await client?.end()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

type Direction = 'toServer' | 'toClient'

/** A proxy that changes only the first connection. */
async function proxyWith(
  t: TestContext,
  direction: Direction,
  treat: () => Treatment,
): Promise<Proxy> {
  const proxy = await startProxy({
    port: server.port,
    [direction]: (number: number) => (number === 0 ? treat() : passing),
  })
  t.after(() => proxy.close())
  return proxy
}

function urlAt({ port }: { port: number }, options: string): string {
  return `postgres://by_password:right@localhost:${port}/postgres?${options}`
}

/** How many bytes are sent in each direction until the tables of a load are described. */
async function openingBytes(t: TestContext, options: string): Promise<Record<Direction, number>> {
  const bytes = { toServer: 0, toClient: 0 }
  const counting = (direction: Direction) => (): Treatment => (chunk) => {
    bytes[direction] += chunk.length
    return [{ bytes: chunk }]
  }
  const proxy = await startProxy({
    port: server.port,
    toServer: counting('toServer'),
    toClient: counting('toClient'),
  })
  t.after(() => proxy.close())
  const warehouse = await createWarehouse({
    url: urlAt(proxy, options),
    schema: 'public',
    tablePrefix: '',
    isReadOnly: true,
    logger: new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} }),
  })
  await warehouse.open()
  const counted = { ...bytes }
  await warehouse.close()
  return counted
}

let schemas = 0

/** Loads through a proxy that cuts the first attempt after the given number of bytes. */
async function loadCut(
  t: TestContext,
  cut: { direction: Direction; bytes: number; ending: 'reset' | 'end'; options: string },
): Promise<void> {
  const { direction, bytes, ending } = cut
  const schema = `cut_${++schemas}`
  await client.query(`create schema ${schema}`)
  const proxy = await proxyWith(t, direction, () => cutAfter(bytes, ending))
  const options = `${cut.options}&options=-c%20search_path=${schema}`
  const { error, stdout, stderr } = await loadText({ url: urlAt(proxy, options), text: INPUT })
  const place = `${direction} ${bytes} ${ending}: ${String(error)} ${stderr.join('')}`
  assert.equal(error, undefined, place)
  assert.deepEqual(stdout, ['{"s":1}'], place)
  assert.ok(proxy.connections > 1, place)
  const { rows } = await client.query(`select id from ${schema}.s`)
  assert.deepEqual(rows, [{ id: '1' }], place)
  await client.query(`drop schema ${schema} cascade`)
}

for (const [name, options] of [
  ['without TLS', 'sslmode=disable'],
  ['by TLS', 'sslmode=require'],
] as const) {
  for (const ending of ['reset', 'end'] as const) {
    test(`${name}: retries once when the connection ends (${ending}) anywhere while it is opened`, async (t) => {
      const total = await openingBytes(t, options)
      const cuts = (['toServer', 'toClient'] as const).flatMap((direction) =>
        Array.from({ length: 24 }, (_, at) => ({
          direction,
          ending,
          options,
          // Each of the first bytes, then evenly spaced ones.
          bytes: at < 10 ? at : Math.floor((total[direction] * (at - 9)) / 15),
        })),
      )
      for (let at = 0; at < cuts.length; at += AT_ONCE)
        await Promise.all(cuts.slice(at, at + AT_ONCE).map((cut) => loadCut(t, cut)))
    })
  }
}

test('fails at once when a retry cannot help', async (t) => {
  const cases: [change: (url: URL) => void, code: string][] = [
    [(url) => (url.password = 'wrong'), 'WAREHOUSE_FAILED'],
    [(url) => (url.password = ''), 'WAREHOUSE_FAILED'],
    [(url) => (url.pathname = '/nowhere'), 'WAREHOUSE_FAILED'],
    [(url) => (url.username = 'nobody_here'), 'WAREHOUSE_FAILED'],
    [(url) => url.searchParams.set('sslmode', 'verify-full'), 'TLS_FAILED'],
    [(url) => url.searchParams.set('options', '-c no_such_setting=1'), 'WAREHOUSE_FAILED'],
  ]
  for (const [change, code] of cases) {
    const proxy = await startProxy({ port: server.port })
    t.after(() => proxy.close())
    const url = new URL(urlAt(proxy, 'sslmode=require'))
    change(url)
    const { error, stderr } = await loadText({ url: url.href, text: INPUT })
    assert.ok(error instanceof AppError && error.code === code, String(error))
    assert.equal(proxy.connections, 1, stderr.join(''))
    assert.doesNotMatch(stderr.join(''), /retrying/)
  }
})

test('retries an unreachable server for a bounded time', async () => {
  const lines: string[] = []
  const logger = new Logger({
    name: 'test',
    level: 'info',
    format: 'plain',
    write: (line) => lines.push(line),
  })
  const options = { schema: undefined, tablePrefix: '', isReadOnly: true, logger }
  const url = 'postgres://u@127.0.0.1:1/d'
  const warehouse = await createWarehouse({ ...options, url, openRetryMs: 600 })
  await assert.rejects(
    warehouse.open(),
    (error) => error instanceof AppError && error.code === 'CONNECTION_FAILED',
  )
  // One more attempt after half a second. The next one would start after the deadline.
  assert.equal(lines.length, 1, lines.join(''))
  assert.match(lines[0] ?? '', /could not be opened; retrying\..*ECONNREFUSED.*wait_ms=500/)
})

test('a stop ends the opening at once, even when the server is silent', async (t) => {
  const silent = await startProxy({
    port: server.port,
    toServer: () => cutAfter(0, 'silence'),
  })
  t.after(() => silent.close())
  for (const url of [urlAt(silent, 'sslmode=disable'), urlAt({ port: 1 }, 'sslmode=disable')]) {
    const controller = new AbortController()
    const reason = new Error('stopped')
    const connectionsBefore = silent.connections
    let isRetrying = false
    const onLog = (line: string) => (isRetrying ||= line.includes('could not be opened; retrying'))
    const began = performance.now()
    const loading = loadText({ url, text: INPUT, signal: controller.signal, onLog })
    await until(() => silent.connections > connectionsBefore || isRetrying, {
      what: 'an attempt',
      idleMs: 500,
    })
    controller.abort(reason)
    const { error } = await loading
    assert.equal(error, reason)
    // A connection may take 15 seconds, and the attempts 30.
    assert.ok(performance.now() - began < 12_000, url)
  }
})

test('--test, --last-state and --tables survive a connection that breaks once', async (t) => {
  const cwd = await temporaryFolder(t)
  await client.query('drop schema if exists watched cascade; create schema watched')
  t.after(async () => {
    await client.query('drop schema watched cascade')
  })
  const call = async (port: number, args: string[]) => {
    const path = await writeJson(cwd, 'target.json', {
      warehouse_url: urlAt({ port }, 'sslmode=disable'),
      default_target_schema: 'watched',
    })
    const { code, stdout, stderr } = await run('target-warehouse', {
      args: ['--config', path, ...args],
      stdin: args.length === 0 ? INPUT : '',
    })
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  assert.equal(await call(server.port, []), '{"s":1}')
  const cases: [args: string[], cut: RegExp, expected: RegExp][] = [
    [['--last-state'], /select load_number/, /^\{"s":1\}$/],
    [['--tables', 's'], /count\(\*\)/, /"rows":1/],
    [['--test'], /create table/, /^$/],
    [['--test'], /drop table "watched/, /^$/],
    [['--test'], /Q....commit/s, /^$/],
  ]
  for (const [args, pattern, expected] of cases) {
    const opening = await proxyWith(t, 'toClient', () => cutAfter(100, 'reset'))
    assert.match(await call(opening.port, args), expected)
    for (const isDelivered of [true, false]) {
      const proxy = await startProxy({ port: server.port, ...cutAt(pattern, isDelivered) })
      t.after(() => proxy.close())
      assert.match(await call(proxy.port, args), expected)
      assert.ok(proxy.connections > 1, `${args.join(' ')} was not cut`)
    }
  }
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'watched' order by 1`,
  )
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['_sdc_loads', 's'],
  )
})
