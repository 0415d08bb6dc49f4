import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox, type Sandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject, JsonValue } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/support/connection.ts'
import { sorted, truthOf } from '../e2e/support/truth.ts'
import { lastStateOf, run, temporaryFolder, writeJson } from '../support/programs.ts'
import { DUCKDB_SCHEMA, duckdbRows, duckdbSettings } from './duckdb.ts'
import { freshDatabase, POSTGRES_SCHEMA, postgresRows, postgresSettings } from './postgres.ts'
import { noteResult } from './results.ts'
import { programOf, type VenvName } from './venvs.ts'
import { command, dataOf, parseLines } from './workspace.ts'

/** How a third-party target changes values. The tap cannot prevent it. */
interface Habits {
  /** Writes empty strings as NULL. */
  emptyStringIsNull?: boolean
  /** Writes line ends and tabs as JSON escapes: a backslash and a letter. */
  escapesLineEnds?: boolean
}

interface Target {
  venv: VenvName
  program: string
  /** Returns the target's settings, and a function that reads a table as JSON. */
  prepare: (
    context: TestContext,
    folder: string,
  ) => Promise<{
    config: JsonObject
    read: (stream: StreamName) => Promise<JsonObject[]>
  }>
  habits?: Habits
}

function postgresTarget(databaseKey: 'database' | 'dbname'): Target['prepare'] {
  return async (context) => {
    const database = await freshDatabase(context)
    return {
      config: postgresSettings(database, databaseKey),
      read: async (stream) =>
        postgresRows(database, `select to_jsonb(t) from ${POSTGRES_SCHEMA}."${stream}" t`),
    }
  }
}

function duckdbTarget(venv: VenvName): Target['prepare'] {
  return async (_context, folder) => {
    const path = join(folder, 'other.duckdb')
    return {
      config: duckdbSettings(path),
      read: async (stream) =>
        duckdbRows(
          programOf(venv, 'python'),
          path,
          `select to_json(t) from ${DUCKDB_SCHEMA}."${stream}" t`,
        ),
    }
  }
}

const TARGETS: readonly Target[] = [
  {
    venv: 'target-jsonl',
    program: 'target-jsonl',
    prepare: async (_test, folder) => {
      const destination = join(folder, 'lines')
      await mkdir(destination)
      return {
        config: { destination_path: destination, do_timestamp_file: false },
        read: async (stream) =>
          parseLines(await readFile(join(destination, `${stream}.jsonl`), 'utf8')),
      }
    },
  },
  {
    venv: 'target-duckdb',
    program: 'target-duckdb',
    habits: { emptyStringIsNull: true },
    prepare: duckdbTarget('target-duckdb'),
  },
  {
    venv: 'meltanolabs-target-postgres',
    program: 'target-postgres',
    prepare: postgresTarget('database'),
  },
  {
    venv: 'pipelinewise-target-postgres',
    program: 'target-postgres',
    habits: { emptyStringIsNull: true, escapesLineEnds: true },
    prepare: postgresTarget('dbname'),
  },
]

/** Times in one format, and strings as the target writes them. */
function comparable(value: JsonValue, habits: Habits): JsonValue {
  if (Array.isArray(value)) return value.map((item) => comparable(item, {}))
  if (typeof value !== 'string') return value
  if (value === '' && habits.emptyStringIsNull) return null
  if (habits.escapesLineEnds && /[\r\n\t]/.test(value)) {
    return JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(/\\(["\\])/g, '$1')
  }
  const time = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.0+)?(?:Z|\+00:00)?$/.exec(value)
  return time ? `${time[1]}T${time[2]}Z` : value
}

function comparableRows(rows: readonly JsonObject[], habits: Habits): JsonObject[] {
  return sorted(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, comparable(value, habits)]),
      ),
    ),
  )
}

async function messagesOf(sandbox: Sandbox, folder: string): Promise<string> {
  const settings = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 }
  const config = await writeJson(folder, 'tap.json', settings)
  const tap = await run('tap-customerio', { args: ['--config', config] })
  assert.equal(tap.code, 0, tap.stderr)
  return tap.stdout
}

const WORLD = { newsletters: 60, campaigns: 12, seed: 4 }

/** Reads a sandbox workspace with the tap and loads it with the target. */
async function loaded({ venv, program, prepare }: Target, t: TestContext) {
  const rate = { perSecond: Number.POSITIVE_INFINITY }
  const sandbox = await startSandbox({ world: WORLD, rate })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const stdin = await messagesOf(sandbox, folder)
  const { config, read } = await prepare(t, folder)
  const path = await writeJson(folder, 'target.json', config)
  const done = await command(programOf(venv, program), ['--config', path], { stdin })
  assert.equal(done.code, 0, done.stderr)
  return { world: sandbox.world, read, done, stdin }
}

for (const target of TARGETS) {
  const { venv, habits = {} } = target
  test(`${venv} loads every row and value of the tap, and prints its STATE`, async (t) => {
    const { world, read, done, stdin } = await loaded(target, t)
    assert.doesNotMatch(done.stderr, /\b(WARN|WARNING|ERROR|CRITICAL)\b/)
    const lastLine = done.stdout.trimEnd().split('\n').at(-1) ?? ''
    assert.deepEqual(JSON.parse(lastLine), lastStateOf(stdin))
    for (const stream of STREAMS) {
      const truth = comparableRows(truthOf(world, stream), habits)
      assert.deepEqual(comparableRows(dataOf(await read(stream)), habits), truth, stream)
    }
    const changed = [
      ...(habits.emptyStringIsNull ? ['empty strings as NULL'] : []),
      ...(habits.escapesLineEnds ? ['line ends as \\n'] : []),
    ]
    const suffix = changed.length === 0 ? '' : `; it writes ${changed.join(' and ')}`
    await noteResult(venv, { kind: 'into', outcome: `every row and value${suffix}` })
  })
}

test('target-duckdb with the newest DuckDB loses the first row of a table, as it does with any tap', async (t) => {
  const venv = 'target-duckdb-newest'
  const target = { venv, program: 'target-duckdb', prepare: duckdbTarget(venv) } as const
  const { world, read } = await loaded(target, t)
  let lost = 0
  for (const stream of STREAMS) {
    const missing = truthOf(world, stream).length - (await read(stream)).length
    assert.ok(missing === 0 || missing === 1, `${stream}: ${missing}`)
    lost += missing
  }
  const outcome =
    lost === 0 ? 'every row' : 'loses the first row of a table, which it reads as a CSV header'
  await noteResult(venv, { kind: 'into', program: 'target-duckdb, DuckDB 2', outcome })
})
