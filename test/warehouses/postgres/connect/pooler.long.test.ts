/** PgBouncer in each of its modes, if it is installed. */

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { freshSchema, query, SERVER_URL } from '../../../conformance/support/postgres.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { run, temporaryFolder, writeJson } from '../../../support/programs.ts'
import { startProxy } from '../../../support/network/tcp-proxy.ts'
import { until } from '../../../support/wait.ts'

const PROGRAM = 'pgbouncer'
const isInstalled = spawnSync(PROGRAM, ['--version']).status === 0
const skip = isInstalled ? false : 'PgBouncer is not installed'
const INPUT = `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}
{"type":"RECORD","stream":"s","record":{"id":1}}
{"type":"STATE","value":{"s":1}}
`

/** PgBouncer refuses to run as root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const line = readFileSync('/etc/passwd', 'utf8').split('\n')
  const [, , uid, gid] = line.find((text) => text.startsWith('nobody:'))?.split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return isOpen
}

/** Starts a pooler in front of the test server, and returns its URL. */
async function startPooler(
  t: TestContext,
  settings: readonly string[],
  auth: readonly string[] = ['auth_type = any'],
): Promise<URL> {
  const folder = await temporaryFolder(t)
  const { uid, gid } = account()
  const [port, server] = [await freePort(), new URL(SERVER_URL)]
  const database = server.pathname.slice(1)
  const lines = [
    '[databases]',
    `${database} = host=127.0.0.1 port=${server.port} dbname=${database} user=${server.username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    `auth_file = ${join(folder, 'users')}`,
    ...auth,
    ...settings,
  ]
  writeFileSync(join(folder, 'users'), `"${server.username}" "right"\n`)
  writeFileSync(join(folder, 'ini'), `${lines.join('\n')}\n`)
  chmodSync(folder, 0o755)
  if (uid !== undefined) chownSync(folder, uid, gid ?? uid)
  const child = spawn(PROGRAM, ['-q', join(folder, 'ini')], { uid, gid, stdio: 'ignore' })
  const exited = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  await until(async () => isListening(port), { what: 'the pooler to listen' })
  server.port = String(port)
  server.search = '?sslmode=disable'
  return server
}

async function locksLeft(): Promise<number> {
  const rows = await query(
    `select 1 from pg_locks where locktype = 'advisory' and pid in (select pid from pg_stat_activity where application_name like 'target-warehouse, process ${process.pid} %')`,
  )
  return rows.length
}

const REFUSED: Record<string, string[]> = {
  'transaction mode': ['pool_mode = transaction'],
  'transaction mode with one session': ['pool_mode = transaction', 'default_pool_size = 1'],
  'transaction mode, sessions in turn': ['pool_mode = transaction', 'server_round_robin = 1'],
  'statement mode': ['pool_mode = statement'],
}

for (const [name, settings] of Object.entries(REFUSED)) {
  for (const sessions of [0, 3]) {
    test(
      `${name}, ${sessions} sessions open: is refused and leaves no lock`,
      { skip },
      async (t) => {
        const url = await startPooler(t, settings)
        // Sessions that other clients used before.
        const others = Array.from(
          { length: sessions },
          () => new Client({ connectionString: url.href }),
        )
        for (const other of others) await other.connect()
        await Promise.all(others.map((other) => other.query('select pg_sleep(0.2)')))
        for (const other of others) await other.end()
        const { error } = await loadText({ url: url.href, text: INPUT })
        assert.ok(error instanceof AppError && error.code === 'CONFIG_INVALID', String(error))
        assert.match(error.fullText, /pooler that is not in session mode.*pool_mode = session/)
        assert.equal(await locksLeft(), 0)
      },
    )
  }
}

for (const settings of [[], ['default_pool_size = 1'], ['server_round_robin = 1']]) {
  test(
    `session mode ${settings.join()}: runs two loads one after the other`,
    { skip },
    async (t) => {
      const url = await startPooler(t, ['pool_mode = session', ...settings])
      const { schema } = await freshSchema(t)
      for (let i = 0; i < 2; i++) {
        const { error } = await loadText({ url: url.href, schema, text: INPUT })
        assert.equal(error, undefined, String(error))
      }
      assert.deepEqual(await query(`select id from ${schema}.s`), [['1']])
    },
  )
}

test(
  '--test, --last-state and --tables refuse transaction mode with status 2',
  { skip },
  async (t) => {
    const url = await startPooler(t, ['pool_mode = transaction'])
    const cwd = await temporaryFolder(t)
    const path = await writeJson(cwd, 'target.json', { warehouse_url: url.href })
    for (const args of [['--test'], ['--last-state'], ['--tables', 's']]) {
      const { code, stdout, stderr } = await run('target-warehouse', {
        args: ['--config', path, ...args],
      })
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, /pooler that is not in session mode/)
    }
  },
)

test('does not retry a login that a pooler refuses', { skip }, async (t) => {
  const url = await startPooler(t, ['pool_mode = session'], ['auth_type = scram-sha-256'])
  const cases: [change: (at: URL) => void, text: RegExp][] = [
    [(at) => (at.password = 'wrong'), /authentication failed.*Check the user, the password/],
    [(at) => (at.pathname = '/nowhere'), /no such database: nowhere/],
    [(at) => at.searchParams.set('options', '-c x.y=1'), /unsupported startup parameter: options/],
  ]
  for (const [change, text] of cases) {
    const at = new URL(url)
    at.password = 'right'
    change(at)
    const { error, stderr } = await loadText({ url: at.href, text: INPUT })
    assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
    assert.match(error.fullText, text)
    assert.doesNotMatch(stderr.join(''), /retrying/)
  }
})

test('opens one connection to a server without a pooler', async (t) => {
  const { schema } = await freshSchema(t)
  const proxy = await startProxy({ port: Number(new URL(SERVER_URL).port) })
  t.after(() => proxy.close())
  const url = new URL(SERVER_URL)
  url.port = String(proxy.port)
  url.searchParams.set('sslmode', 'disable')
  assert.equal((await loadText({ url: url.href, schema, text: INPUT })).error, undefined)
  assert.equal(proxy.connections, 1)
})
