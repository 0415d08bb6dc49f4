/** A console as a real process, and a client that compares every response with the API. */

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { request } from 'undici'
import { API_PREFIX, OPERATIONS, type OperationId } from '../../../src/console/api/operations.ts'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import {
  collect,
  endBeforeFolders,
  killed,
  start,
  temporaryFolder,
  writeJson,
} from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { assertContract } from './contract.ts'

export interface Reply<Body = unknown> {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  body: Body
}

export interface SendOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
}

export interface CallOptions {
  params?: Record<string, string>
  query?: Record<string, string | number>
  body?: unknown
  headers?: Record<string, string>
}

/** Sends a request as it is. */
export async function send(url: string, options: SendOptions = {}): Promise<Reply<JsonObject>> {
  const { method = 'GET', headers = {}, body = null } = options
  const response = await request(url, { method, headers, body })
  const text = await response.body.text()
  const isJson = String(response.headers['content-type']).includes('json') && text !== ''
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as JsonObject,
  }
}

/** The cookie of a response that logs in. */
export function cookieOf({ headers }: Reply): string {
  const [cookie = ''] = [headers['set-cookie']].flat()
  return cookie.split(';')[0] ?? ''
}

/** Calls operations with a session. */
export class Client {
  readonly base: string
  cookie: string
  /** Every body that arrived. */
  readonly texts: string[] = []

  constructor(base: string, cookie: string) {
    this.base = base
    this.cookie = cookie
  }

  /** Calls an operation, and compares the response with its schema. */
  async call<Body = JsonObject>(id: OperationId, options: CallOptions = {}): Promise<Reply<Body>> {
    const { params = {}, query = {}, body, headers = {} } = options
    const operation = OPERATIONS[id]
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(params[name] ?? ''),
    )
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    )
    const isPatch = operation.method === 'patch'
    const media = isPatch ? 'application/merge-patch+json' : 'application/json'
    const reply = await send(
      `${this.base}${API_PREFIX}${path}${search.size > 0 ? `?${search.toString()}` : ''}`,
      {
        method: operation.method.toUpperCase(),
        headers: {
          cookie: this.cookie,
          ...(body !== undefined && { 'content-type': media }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    )
    this.texts.push(reply.text)
    assertContract(id, reply.status, reply.body)
    return reply as unknown as Reply<Body>
  }

  /** Calls an operation that must succeed. */
  async ok<Body = JsonObject>(id: OperationId, options: CallOptions = {}): Promise<Reply<Body>> {
    const reply = await this.call<Body>(id, options)
    assert.equal(reply.status, OPERATIONS[id].status, reply.text)
    return reply
  }
}

export interface RunningConsole {
  base: string
  /** The link that logs in; empty when the console has a password. */
  link: string
  saw: (pattern: RegExp) => Promise<string>
  /** Everything that the process has printed. */
  output: () => string
  pid: number
  stop: (signal?: NodeJS.Signals) => Promise<{ code: number; stdout: string; stderr: string }>
}

/** Starts a console, and kills it when the test ends. */
export async function startConsole(
  t: Pick<TestContext, 'after'>,
  folder: string,
  options: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<RunningConsole> {
  const args = ['console', ...(options.args ?? [])]
  const child = start('customerio-sync', { args, cwd: folder, env: options.env ?? {} })
  const finished = collect(child)
  let seen = ''
  child.stdout.on('data', (chunk: string) => (seen += chunk))
  child.stderr.on('data', (chunk: string) => (seen += chunk))
  endBeforeFolders(t, async () => killed(child))
  t.after(() => finished)
  const saw = async (pattern: RegExp) => {
    const what = `${String(pattern)} in ${seen}`
    await until(() => pattern.test(seen) || child.exitCode !== null, { what })
    assert.match(seen, pattern)
    return pattern.exec(seen)?.[1] ?? ''
  }
  const base = await saw(/^The console of .* is at (\S+)$/m)
  const login = await saw(/^Log in(, once: \S+| with the password\.)$/m)
  return {
    base,
    link: /http\S+/.exec(login)?.[0] ?? '',
    saw,
    output: () => seen,
    pid: child.pid ?? 0,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      return finished
    },
  }
}

/** Logs in with the link of the console. */
export async function logIn({ base, link }: RunningConsole): Promise<Client> {
  const reply = await send(link)
  assert.equal(reply.status, 200, reply.text)
  return new Client(base, cookieOf(reply))
}

export interface ConsoleWorkspace {
  folder: string
  sandbox: Sandbox
  env: Record<string, string>
  /** Writes a connection with a key in its file. */
  connect: (name: string, members?: JsonObject) => Promise<void>
  /** The document of a connection that works. */
  document: (members?: JsonObject) => JsonObject
}

/** A workspace without a connection, and a sandbox. */
export async function consoleWorkspace(
  t: Pick<TestContext, 'after'>,
  options: SandboxOptions = {},
): Promise<ConsoleWorkspace> {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY }, ...options })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'connections'))
  const document = (members: JsonObject = {}): JsonObject => ({
    source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
    destination: { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: 'cio_' },
    ...members,
  })
  return {
    folder,
    sandbox,
    env: {},
    document,
    connect: async (name, members) => {
      await writeJson(join(folder, 'connections'), `${name}.json`, document(members))
    },
  }
}
