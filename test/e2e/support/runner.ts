/** A sandbox and a connection file for `customerio-sync`. Both are removed when the test ends. */

import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { run, temporaryFolder, writeJson, type Finished } from '../../support/programs.ts'

export interface RunnerSetup {
  sandbox: Sandbox
  folder: string
  /** The DuckDB file. */
  database: string
  /** Path of connection.json. */
  path: string
  /** Runs a command in the folder. */
  sync: (args: readonly string[], options?: { env?: Record<string, string> }) => Promise<Finished>
  /** Runs `run --json`, which must print a record. */
  record: (args?: readonly string[]) => Promise<{ code: number; record: RunRecord }>
}

export interface RunnerOptions {
  sandbox?: SandboxOptions
  /** Replaces top-level members of the connection file. */
  connection?: JsonObject
  source?: JsonObject
}

export async function setUp(test: TestContext, options: RunnerOptions = {}): Promise<RunnerSetup> {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    ...options.sandbox,
  })
  test.after(() => sandbox.close())
  const folder = await temporaryFolder(test)
  const path = await writeJson(folder, 'connection.json', {
    source: {
      app_api_key: sandbox.apiKey,
      api_url: sandbox.url,
      requests_per_second: 500,
      ...options.source,
    },
    destination: { default_target_schema: 'marketing', table_prefix: 'cio_' },
    ...options.connection,
  })
  const sync: RunnerSetup['sync'] = async (args, { env = {} } = {}) =>
    run('customerio-sync', { args, cwd: folder, env })
  return {
    sandbox,
    folder,
    path,
    database: join(folder, 'warehouse.duckdb'),
    sync,
    record: async (args = []) => {
      const { code, stdout, stderr } = await sync(['run', '--json', ...args])
      if (!stdout.startsWith('{')) throw new Error(`no record: ${stdout}${stderr}`)
      return { code, record: JSON.parse(stdout) as RunRecord }
    },
  }
}
