import assert from 'node:assert/strict'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/api/server.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'

let running: Sandbox[] = []

/** Starts a sandbox, by default without a rate limit. */
export async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ rate: { perSecond: Infinity }, ...options })
  running.push(sandbox)
  return sandbox
}

/** Closes every started sandbox. */
export async function closeAll(): Promise<void> {
  const closing = running
  running = []
  await Promise.all(closing.map((sandbox) => sandbox.close()))
}

/** @param key null sends no key */
export async function get(
  sandbox: Sandbox,
  path: string,
  key: string | null = sandbox.apiKey,
): Promise<Response> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` }
  return fetch(`${sandbox.url}${path}`, { headers, redirect: 'manual' })
}

/** The JSON of a successful response. */
export async function body(sandbox: Sandbox, path: string): Promise<JsonObject> {
  const response = await get(sandbox, path)
  assert.equal(response.status, 200)
  return (await response.json()) as JsonObject
}

export interface Pages {
  rows: JsonObject[]
  pages: JsonObject[]
}

/** Follows `next` to the last page. */
export async function readPages(sandbox: Sandbox, path: string, key: string): Promise<Pages> {
  const pages: JsonObject[] = []
  let cursor = ''
  do {
    const url = new URL(`http://localhost${path}`)
    if (cursor) url.searchParams.set('start', cursor)
    const page = await body(sandbox, url.pathname + url.search)
    pages.push(page)
    cursor = typeof page['next'] === 'string' ? page['next'] : ''
  } while (cursor)
  return { rows: pages.flatMap((page) => (page[key] ?? []) as JsonObject[]), pages }
}
