/**
 * A sandbox workspace, our programs under their installed names, and a copy of the example Meltano
 * project.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { query, STREAMS, type StreamName } from '../e2e/support/connection.ts'
import { sorted, truthOf } from '../e2e/support/truth.ts'
import { ROOT, temporaryFolder, type Finished } from '../support/programs.ts'
import { bounded } from '../support/wait.ts'
import { programOf } from './venvs.ts'

export const STATE_ID = 'dev:tap-customerio-to-target-warehouse'
/** The arguments of a sync. */
export const RUN = ['run', 'tap-customerio', 'target-warehouse']
/** A small workspace with few rows at its latest `updated`. */
export const WORLD = { newsletters: 40, campaigns: 8, seed: 3 }

export interface CommandOptions {
  cwd?: string
  env?: Record<string, string>
  stdin?: string
  /** Called with the output so far. May send the command a signal. */
  onOutput?: (output: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** Code blocks in the language, from the docs page about Singer and Meltano. */
export async function docsBlocks(language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs', 'singer-and-meltano.md'), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'gms'))].map(
    (match) => match[1] ?? '',
  )
}

/** Creates a folder with our executables, for the PATH. */
export async function installPrograms(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const name of ['tap-customerio', 'target-warehouse', 'customerio-sync']) {
    await symlink(join(ROOT, 'bin', `${name}.js`), join(bin, name))
  }
  return bin
}

/**
 * Runs a command until it exits. Only `options.env` can pass our programs settings through the
 * environment.
 */
export async function command(
  path: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env
  const child = spawn(path, args, {
    cwd: options.cwd,
    env: { PATH, HOME, TMPDIR, NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: bounded(6000),
    killSignal: 'SIGKILL',
  })
  const finished: Finished = { code: 1, stdout: '', stderr: '' }
  const take = (stream: 'stdout' | 'stderr') => (chunk: string) => {
    finished[stream] += chunk
    options.onOutput?.(finished.stdout + finished.stderr, (signal) => child.kill(signal))
  }
  child.stdout.setEncoding('utf8').on('data', take('stdout'))
  child.stderr.setEncoding('utf8').on('data', take('stderr'))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      resolve({ ...finished, code: code ?? (signal === 'SIGTERM' ? 143 : 137) })
    })
  })
}

export interface MeltanoProject {
  sandbox: Sandbox
  folder: string
  /** Path of the DuckDB file that the example loads into. */
  database: string
  /** Runs `meltano`. It must succeed unless `fails` is set. */
  meltano: (
    args: readonly string[],
    options?: CommandOptions & { fails?: boolean },
  ) => Promise<Finished>
  /** The state that Meltano has stored, without its envelope. */
  storedState: () => Promise<JsonObject>
  /** The newest STATE that the warehouse has committed. */
  committedState: () => Promise<JsonObject>
  /** Rows loaded after the given number of commits, by stream. */
  loadedSince: (commits: number) => Promise<Record<string, number>>
  commits: () => Promise<number>
  rows: (table: string) => Promise<JsonObject[]>
}

/** The example project with its own workspace. Both are deleted when the test ends. */
export async function meltanoProject(
  test: TestContext,
  options: { sandbox?: SandboxOptions; env?: Record<string, string> } = {},
): Promise<MeltanoProject> {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    ...options.sandbox,
  })
  test.after(() => sandbox.close())
  const folder = await temporaryFolder(test)
  const bin = await installPrograms(folder)
  await copyFile(join(ROOT, 'examples/meltano/meltano.yml'), join(folder, 'meltano.yml'))
  const database = join(folder, 'warehouse.duckdb')
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    TAP_CUSTOMERIO_APP_API_KEY: sandbox.apiKey,
    TAP_CUSTOMERIO_API_URL: sandbox.url,
    TAP_CUSTOMERIO_REQUESTS_PER_SECOND: '500',
    ...options.env,
  }
  const meltano: MeltanoProject['meltano'] = async (args, given = {}) => {
    const finished = await command(programOf('meltano', 'meltano'), args, {
      cwd: folder,
      ...given,
      env: { ...env, ...given.env },
    })
    const output = `meltano ${args.join(' ')}\n${finished.stdout}\n${finished.stderr}`
    assert.ok(!output.includes(sandbox.apiKey), 'the output contains the API key')
    if (given.fails) assert.notEqual(finished.code, 0, output)
    else assert.equal(finished.code, 0, output)
    return finished
  }
  const loads = async () =>
    query(database, 'select * from tap_customerio.cio__sdc_loads order by load_number')
  return {
    sandbox,
    folder,
    database,
    meltano,
    storedState: async () => {
      const { stdout } = await meltano(['state', 'get', STATE_ID])
      return (JSON.parse(stdout) as { singer_state: JsonObject }).singer_state
    },
    committedState: async () => {
      const last = (await loads()).findLast((load) => load['state'] !== null)
      return JSON.parse((last?.['state'] ?? 'null') as string) as JsonObject
    },
    commits: async () => (await loads()).length,
    loadedSince: async (commits) => {
      const counts: Record<string, number> = {}
      for (const load of (await loads()).slice(commits)) {
        for (const [stream, rows] of Object.entries(load['row_counts'] as JsonObject)) {
          counts[stream] = (counts[stream] ?? 0) + Number(rows)
        }
      }
      return counts
    },
    rows: async (table) => query(database, `select * from tap_customerio."cio_${table}"`),
  }
}

/** Parses a string with one JSON object per line. */
export function parseLines(text: string): JsonObject[] {
  const lines = text.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as JsonObject)
}

/** Rows without the loader's `_sdc_` columns, for comparison. */
export function dataOf(rows: readonly JsonObject[]): JsonObject[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_sdc_'))),
  )
}

export async function assertTruth(
  { sandbox, rows }: MeltanoProject,
  streams: readonly StreamName[] = STREAMS,
): Promise<void> {
  for (const stream of streams) {
    const found = sorted(dataOf(await rows(stream)))
    assert.deepEqual(found, truthOf(sandbox.world, stream), stream)
  }
}
