import assert from 'node:assert/strict'
import { chownSync, copyFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { sql } from '../../../../src/warehouses/sql.ts'
import { PostgresConnection } from '../../../../src/warehouses/postgres/connect/connection.ts'
import { parseUrl } from '../../../../src/warehouses/postgres/url.ts'
import { makeAuthority, type Authority } from '../../../support/network/certificates.ts'
import { startProxy } from '../../../support/network/tcp-proxy.ts'
import { until } from '../../../support/wait.ts'
import { startPostgres, type PostgresServer } from '../../../support/postgres-server.ts'

let folder = ''
let server: PostgresServer
let plain: PostgresServer
let authority: Authority
let stranger: Authority

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'))
  authority = await makeAuthority(folder)
  const { key, cert } = await authority.issue(['DNS:localhost'])
  server = await startPostgres({
    settings: ['ssl = on'],
    access: [
      'hostnossl all tls_only all reject',
      'hostssl all tls_only all scram-sha-256',
      'hostssl all clear_only all reject',
      'hostnossl all clear_only all scram-sha-256',
      'host all nobody all reject',
      'host all by_md5 all md5',
    ],
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
  plain = await startPostgres()
  const other = await mkdtemp(join(folder, 'other-'))
  stranger = await makeAuthority(other)
  copyFileSync(stranger.file, join(folder, 'stranger.pem'))
})

after(async () => {
  await server?.stop()
  await plain?.stop()
  await rm(folder, { recursive: true, force: true })
})

function at(host: string, port: number, query: string): string {
  return `postgres://postgres@${host}:${port}/postgres?${query}`
}

/** Whether the connection was encrypted, or the code and message of its failure. */
async function outcome(url: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const connection = await PostgresConnection.open(parseUrl(url, env))
    await connection.close()
    return connection.isEncrypted ? 'tls' : 'clear'
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.fullText}`
    return String(error)
  }
}

test('follows sslmode as libpq does', async () => {
  const ca = `sslrootcert=${authority.file}`
  const wrong = `sslrootcert=${stranger.file}`
  const cases: [url: string, expected: RegExp][] = [
    [at('localhost', server.port, ''), /^tls$/],
    [at('localhost', plain.port, ''), /^clear$/],
    [at('localhost', server.port, 'sslmode=disable'), /^clear$/],
    [at('localhost', server.port, 'sslmode=allow'), /^clear$/],
    [at('localhost', server.port, 'sslmode=require'), /^tls$/],
    [at('localhost', plain.port, 'sslmode=require'), /^TLS_FAILED: .*offers no TLS/],
    [at('localhost', server.port, `sslmode=require&${wrong}`), /^TLS_FAILED: .*certificate/],
    [at('localhost', server.port, 'sslmode=verify-ca'), /^TLS_FAILED: .*certificate/],
    [at('localhost', server.port, `sslmode=verify-ca&${ca}`), /^tls$/],
    [at('127.0.0.1', server.port, `sslmode=verify-ca&${ca}`), /^tls$/],
    [at('localhost', server.port, `sslmode=verify-full&${ca}`), /^tls$/],
    [at('127.0.0.1', server.port, `sslmode=verify-full&${ca}`), /^TLS_FAILED: .*ALTNAME/],
    [at('localhost', server.port, `sslmode=verify-full&${wrong}`), /^TLS_FAILED: .*certificate/],
    [at('localhost', server.port, 'sslmode=verify-full&sslrootcert=/nowhere'), /^CONFIG_INVALID/],
    [
      `postgres:///postgres?user=postgres&host=${server.socketFolder}&port=${server.port}`,
      /^clear$/,
    ],
  ]
  for (const [url, expected] of cases) assert.match(await outcome(url), expected, url)
})

test('reports the failure of the attempt that came farthest, with TLS or without', async () => {
  for (const mode of ['allow', 'prefer']) {
    for (const user of ['tls_only', 'clear_only']) {
      const url = `postgres://${user}:wrong@localhost:${server.port}/postgres?sslmode=${mode}`
      assert.match(await outcome(url), /password authentication failed/, url)
    }
    const url = `postgres://nobody@localhost:${server.port}/postgres?sslmode=${mode}`
    assert.match(await outcome(url), /pg_hba\.conf rejects/, url)
    const nowhere = `postgres://nobody@localhost:1/postgres?sslmode=${mode}`
    assert.match(await outcome(nowhere), /ECONNREFUSED/, nowhere)
  }
})

test('sslmode=require checks the certificate when ~/.postgresql/root.crt exists, as in libpq', async (t) => {
  const home = await mkdtemp(join(folder, 'home-'))
  await mkdir(join(home, '.postgresql'))
  const usual = process.env['HOME']
  process.env['HOME'] = home
  t.after(() => {
    if (usual === undefined) delete process.env['HOME']
    else process.env['HOME'] = usual
  })
  const url = at('127.0.0.1', server.port, 'sslmode=require')
  const file = join(home, '.postgresql', 'root.crt')
  copyFileSync(join(folder, 'stranger.pem'), file)
  assert.match(await outcome(url), /^TLS_FAILED: .*certificate/)
  assert.equal(await outcome(at('127.0.0.1', server.port, 'sslmode=prefer')), 'tls')
  copyFileSync(authority.file, file)
  assert.equal(await outcome(url), 'tls')
})

test('channel_binding=require connects only with SCRAM over TLS', async (t) => {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  t.after(() => client.end())
  await client.query(`set password_encryption = 'scram-sha-256'; create role tls_only login password 'right';
    set password_encryption = 'md5'; create role by_md5 login password 'right'`)
  const url = (user: string, query: string, port = server.port) =>
    `postgres://${user}:right@localhost:${port}/postgres?channel_binding=require&${query}`
  const missing = /^TLS_FAILED: .*does not offer the channel binding .*leave channel_binding out/
  const cases: [url: string, expected: RegExp][] = [
    [url('tls_only', 'sslmode=require'), /^tls$/],
    [url('tls_only', 'sslmode=prefer'), /^tls$/],
    [url('tls_only', 'sslmode=allow'), /^tls$/],
    [url('tls_only', `sslmode=verify-full&sslrootcert=${authority.file}`), /^tls$/],
    [
      url('tls_only', 'sslmode=require').replace('right', 'wrong'),
      /password authentication failed/,
    ],
    [url('by_md5', 'sslmode=require'), missing],
    // The server asks this role for no password.
    [url('postgres', 'sslmode=require'), missing],
    [url('tls_only', 'sslmode=disable'), /^CONFIG_INVALID: channel_binding=require needs TLS/],
    [url('tls_only', 'sslmode=prefer', plain.port), /^TLS_FAILED: .*leave channel_binding out/],
    [
      `postgres:///postgres?user=postgres&host=${server.socketFolder}&port=${server.port}&channel_binding=require`,
      /^CONFIG_INVALID: channel_binding=require needs TLS/,
    ],
  ]
  for (const [from, expected] of cases) assert.match(await outcome(from), expected, from)
})

test('channel_binding=require sends no password without binding', async (t) => {
  const heard: Buffer[] = []
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => heard.push(chunk))
    // The response to SSLRequest: no TLS.
    socket.once('data', () => socket.write('N'))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const url = `postgres://me:very-secret@127.0.0.1:${port}/d?channel_binding=require&connect_timeout=2`
  assert.match(await outcome(url), /^TLS_FAILED: .*offers no TLS/)
  assert.equal(Buffer.concat(heard).includes('very-secret'), false)
})

/** The request for TLS, which comes before anything else. */
const SSL_REQUEST = '0000000804d2162f'

test('ends a statement over a connection that is encrypted as the first one', async (t) => {
  const firsts = new Map<number, string>()
  const proxy = await startProxy({
    port: server.port,
    toServer: (number) => (chunk) => {
      if (!firsts.has(number)) firsts.set(number, chunk.toString('hex'))
      return [{ bytes: chunk }]
    },
  })
  t.after(() => proxy.close())
  const watch = await PostgresConnection.open(parseUrl(server.url, {}))
  t.after(() => watch.close())
  const url = at('localhost', proxy.port, `sslmode=verify-full&sslrootcert=${authority.file}`)
  const connection = await PostgresConnection.open(parseUrl(url, {}))
  const statement = connection.read('select pg_sleep(3600)', 1)
  const sleeps = sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'`
  await until(async () => (await watch.query(sleeps)).length === 1, { what: 'the statement' })
  await Promise.all([assert.rejects(statement, { code: '57014' }), connection.stop(statement)])
  assert.deepEqual([...firsts.values()], [SSL_REQUEST, SSL_REQUEST])
})

test('names a client certificate that is not a certificate', async () => {
  const file = join(folder, 'no.pem')
  writeFileSync(file, 'no certificate')
  const url = at('localhost', server.port, `sslmode=require&sslcert=${file}&sslkey=${file}`)
  assert.match(await outcome(url), /^TLS_FAILED: A certificate or key .*could not be used/)
})

test('sends application_name to the server', async () => {
  const url = at('localhost', server.port, 'sslmode=disable&application_name=cio')
  const connection = await PostgresConnection.open(parseUrl(url, {}))
  const shown = await connection.query(sql`select current_setting('application_name')`)
  await connection.close()
  assert.deepEqual(shown, [['cio']])
})

test('reads PGSSLMODE and PGSSLROOTCERT when the URL does not set them', async () => {
  const url = `postgres://postgres@localhost:${server.port}/postgres`
  const env = { PGSSLMODE: 'verify-full' }
  assert.match(await outcome(url, env), /^TLS_FAILED/)
  assert.equal(await outcome(url, { ...env, PGSSLROOTCERT: authority.file }), 'tls')
  assert.equal(await outcome(`${url}?sslmode=disable`, env), 'clear')
})

test('S22: never sends a cleartext password to a remote host without TLS', async (t) => {
  const heard: Buffer[] = []
  const listener = createServer((socket) => {
    // After the startup message: AuthenticationCleartextPassword.
    socket.once('data', () => {
      socket.on('data', (chunk) => heard.push(chunk))
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
    })
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const { port } = listener.address() as AddressInfo
  // This address counts as remote, but reaches loopback.
  const url = `postgres://me:very-secret@0.0.0.0:${port}/d?sslmode=disable&connect_timeout=2`
  assert.match(await outcome(url), /^TLS_FAILED: .*in cleartext.*verify-full/)
  assert.equal(Buffer.concat(heard).includes('very-secret'), false)
  await outcome(`postgres://me:very-secret@127.0.0.1:${port}/d?sslmode=disable&connect_timeout=1`)
  assert.equal(Buffer.concat(heard).includes('very-secret'), true)
})
