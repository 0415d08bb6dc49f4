/**
 * A sandbox, the real tap and a model of the rows it has sent so far. Every scenario checks them.
 */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/support/connection.ts'
import { keyOf, objectsOf, rowOf } from '../e2e/support/truth.ts'
import * as programs from '../support/programs.ts'

/**
 * Has characters that base64 and URLs must encode. It must never appear in the output of a
 * program.
 */
export const CANARY = 'canary/5e07+a9c4=d1f8'

export interface SyncOptions {
  /** @default the last STATE that any run wrote; null: none */
  state?: JsonObject | null
  catalog?: JsonObject
  settings?: JsonObject
  env?: Record<string, string>
  nodeArgs?: readonly string[]
  args?: readonly string[]
}

export interface Workspace {
  readonly sandbox: Sandbox
  readonly folder: string
  /** The last STATE that any run wrote. */
  readonly state: JsonObject
  /** Starts the tap. `finish` applies its output. */
  start: (options?: SyncOptions) => Promise<ReturnType<typeof programs.start>>
  finish: (child: ReturnType<typeof programs.start>) => Promise<programs.Finished>
  /** One run, whatever its exit status. */
  sync: (options?: SyncOptions) => Promise<programs.Finished>
  /** One run that must end with 0 and leave every row once, none stale. */
  healthy: (options?: SyncOptions) => Promise<programs.Finished>
  /** One run that must end with this status, in one sentence and without a stack. */
  failing: (code: number, options?: SyncOptions) => Promise<programs.Finished>
  /** Rows that a target would hold now, by key. */
  rows: (stream: StreamName) => ReadonlyMap<string, JsonObject>
  bookmark: (stream: StreamName) => JsonObject | undefined
}

/**
 * What a target makes of the messages: the last record of a key counts, ACTIVATE_VERSION retires
 * older versions.
 */
class Rows {
  readonly #streams = new Map<string, Map<string, { row: JsonObject; version: number }>>()

  take(stdout: string): void {
    for (const message of programs.messagesOf(stdout)) {
      if (message.type === 'RECORD') {
        const { record, version = 0 } = message
        this.of(message.stream).set(keyOf(record), { row: record, version })
      } else if (message.type === 'ACTIVATE_VERSION') {
        const rows = this.of(message.stream)
        for (const [key, { version }] of rows) if (version < message.version) rows.delete(key)
      }
    }
  }

  of(stream: string): Map<string, { row: JsonObject; version: number }> {
    const rows =
      this.#streams.get(stream) ?? new Map<string, { row: JsonObject; version: number }>()
    this.#streams.set(stream, rows)
    return rows
  }
}

const SETTINGS = {
  requests_per_second: 400,
  retry_budget_seconds: 4,
  request_timeout_seconds: 10,
  lookback_seconds: 0,
}

/** @param settings of the tap, on top of fast ones */
export async function workspaceOf(
  t: TestContext,
  options: SandboxOptions = {},
  settings: JsonObject = {},
): Promise<Workspace> {
  const sandbox = await startSandbox({
    apiKey: CANARY,
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: { examples: false, newsletters: 30, campaigns: 4, actionsPerCampaign: 3 },
    ...options,
  })
  t.after(() => sandbox.close())
  const folder = await programs.temporaryFolder(t)
  const base = { app_api_key: sandbox.apiKey, api_url: sandbox.url, ...SETTINGS, ...settings }
  const rows = new Rows()
  let state: JsonObject = {}
  let runs = 0

  async function argsOf(run: SyncOptions): Promise<string[]> {
    const name = (what: string) => `${what}-${runs}.json`
    runs++
    const config = { ...base, ...run.settings }
    const args = ['--config', await programs.writeJson(folder, name('tap'), config)]
    const given = run.state === undefined ? state : run.state
    if (given !== null) args.push('--state', await programs.writeJson(folder, name('state'), given))
    const { catalog } = run
    if (catalog) args.push('--catalog', await programs.writeJson(folder, name('catalog'), catalog))
    return [...args, ...(run.args ?? [])]
  }

  const workspace: Workspace = {
    sandbox,
    folder,
    get state() {
      return state
    },
    start: async (run = {}) =>
      programs.start('tap-customerio', {
        args: await argsOf(run),
        env: run.env ?? {},
        nodeArgs: run.nodeArgs ?? [],
      }),
    finish: async (child) => {
      const finished = await programs.collect(child)
      const completeLines = finished.stdout.slice(0, finished.stdout.lastIndexOf('\n') + 1)
      rows.take(completeLines)
      state = programs.lastStateOf(completeLines) ?? state
      assert.doesNotMatch(finished.stderr, /^\s+at |Unexpected error/m)
      return finished
    },
    sync: async (run) => {
      const child = await workspace.start(run)
      child.stdin.end()
      return workspace.finish(child)
    },
    healthy: async (run) => {
      const finished = await workspace.sync(run)
      assert.equal(finished.code, 0, finished.stderr)
      assertComplete(workspace)
      return finished
    },
    failing: async (code, run) => {
      const finished = await workspace.sync(run)
      assert.equal(finished.code, code, finished.stderr)
      assert.equal(criticalOf(finished).length, 1, finished.stderr)
      return finished
    },
    rows: (stream) => new Map([...rows.of(stream)].map(([key, { row }]) => [key, row])),
    bookmark: (stream) =>
      ((state['bookmarks'] ?? {}) as Record<string, JsonObject | undefined>)[stream],
  }
  return workspace
}

/**
 * Every row of the source is there, in every field as it is now. Rows that were deleted at the
 * source may be there too.
 */
export function assertComplete(workspace: Workspace): void {
  for (const stream of STREAMS) {
    const rows = workspace.rows(stream)
    for (const raw of objectsOf(workspace.sandbox.world, stream)) {
      const expected = rowOf(stream, raw)
      assert.deepEqual(rows.get(keyOf(expected)), expected, stream)
    }
  }
}

/** True where every row of the source is there as it is now. */
export function isComplete(workspace: Workspace): boolean {
  try {
    assertComplete(workspace)
    return true
  } catch {
    return false
  }
}

/** The sentence with which a run ended. */
export function criticalOf({ stderr }: programs.Finished): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('CRITICAL'))
}

/** The value of a stream's bookmark, null where it has none. */
export function valueOf(workspace: Workspace, stream: StreamName): unknown {
  return workspace.bookmark(stream)?.['replication_key_value'] ?? null
}
