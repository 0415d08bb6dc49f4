import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  findRun,
  parseCursor,
  runPage,
  type PageRequest,
} from '../../../src/console/runs/run-pages.ts'
import { History } from '../../../src/runner/history/history.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { temporaryFolder } from '../../support/programs.ts'

const HOUR_MS = 3_600_000
const FIRST_MS = Date.parse('2026-10-31T12:00:00Z')

function recordOf(number: number, members: Partial<RunRecord> = {}): RunRecord {
  const startedMs = FIRST_MS + number * HOUR_MS
  return {
    run_id: `run-${number}`,
    connection: 'eu',
    trigger: number % 5 === 0 ? 'manual' : 'schedule',
    started_at: new Date(startedMs).toISOString(),
    ended_at: new Date(startedMs + 1000).toISOString(),
    seconds: 1,
    outcome: number % 3 === 0 ? 'failed' : 'succeeded',
    exit_status: 0,
    error: null,
    requests: 1,
    retries: 0,
    rate_limited: 0,
    is_whole: true,
    streams: [],
    ...members,
  }
}

/** 40 runs over a change of the month. The last three: crashed and closed, open, running. */
async function setUp(t: TestContext) {
  const dataFolder = await temporaryFolder(t)
  const history = new History(dataFolder)
  for (let number = 0; number < 37; number++) {
    const run = recordOf(number)
    await history.start({ ...run, outcome: 'crashed', ended_at: null })
    await history.end(run)
  }
  const crashed = recordOf(37, { outcome: 'crashed', ended_at: null })
  await history.start(crashed)
  await history.end(crashed)
  const open = recordOf(38, { outcome: 'crashed', ended_at: null })
  const dead = { pid: 999_999_999, host: 'nowhere', started: '1' }
  const line = JSON.stringify({ event: 'started', run: open, process: dead })
  const file = join(dataFolder, 'history/runs-2026-11.jsonl')
  await writeFile(file, `${line}\n`, { flag: 'a' })
  await history.start(recordOf(39, { outcome: 'crashed', ended_at: null }))
  return [{ name: 'eu', dataFolder }]
}

const { signal } = new AbortController()
const ALL: PageRequest = { limit: 100, after: undefined, signal }

function numbers(runs: readonly { run_id: string }[]): number[] {
  return runs.map(({ run_id: id }) => Number(id.slice('run-'.length)))
}

test('a filter finds the runs that a look at all of them finds', async (t) => {
  const sources = await setUp(t)
  const { runs } = await runPage(sources, ALL)
  assert.equal(runs.length, 40)
  for (const outcome of ['running', 'crashed', 'failed', 'succeeded', 'stopped'] as const) {
    for (const trigger of [undefined, 'manual', 'schedule', 'resync'] as const) {
      const wanted = runs.filter(
        (run) => run.outcome === outcome && (trigger === undefined || run.trigger === trigger),
      )
      const found = await runPage(sources, { ...ALL, outcome, ...(trigger && { trigger }) })
      assert.deepEqual(numbers(found.runs), numbers(wanted), `${outcome} ${trigger}`)
    }
  }
  assert.deepEqual(numbers((await runPage(sources, { ...ALL, outcome: 'running' })).runs), [39])
})

test('pages go on behind their cursor, also in an earlier month', async (t) => {
  const sources = await setUp(t)
  const found: number[] = []
  let next: string | null = ''
  while (next !== null) {
    const after = parseCursor(next)
    const page = await runPage(sources, { ...ALL, limit: 7, after })
    found.push(...numbers(page.runs))
    next = page.next
  }
  assert.deepEqual(
    found,
    Array.from({ length: 40 }, (_, at) => 39 - at),
  )
})

test('a run is found by its id, and a search ends with its client', async (t) => {
  const sources = await setUp(t)
  const [{ dataFolder } = { dataFolder: '' }] = sources
  assert.equal((await findRun(dataFolder, 'run-3'))?.run.outcome, 'failed')
  assert.equal((await findRun(dataFolder, 'run-39'))?.isRunning, true)
  assert.equal(await findRun(dataFolder, 'run-99'), undefined)
  const gone = AbortSignal.abort(new Error('gone'))
  await assert.rejects(runPage(sources, { ...ALL, signal: gone }), /gone/)
})

test('a filter parses only the lines that it wants', async (t) => {
  const dataFolder = await temporaryFolder(t)
  await mkdir(join(dataFolder, 'history'))
  const lines = [
    { event: 'ended', run: recordOf(1, { outcome: 'crashed' }) },
    // Damaged: it counts as such only when it is parsed.
    { event: 'ended', run: { ...recordOf(2), requests: 'many', outcome: 'succeeded' } },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  await writeFile(join(dataFolder, 'history/runs-2026-10.jsonl'), text)
  const history = new History(dataFolder)
  for await (const { run } of history.entries({ outcome: 'crashed' }))
    assert.equal(run.run_id, 'run-1')
  assert.equal(history.damagedLines, 0)
  for await (const { run } of history.entries({ outcome: 'succeeded' })) assert.fail(run.run_id)
  assert.equal(history.damagedLines, 1)
})
