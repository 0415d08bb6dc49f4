import assert from 'node:assert/strict'
import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { History } from '../../../src/runner/history/history.ts'
import { lockPathIn } from '../../../src/runner/lock/lock.ts'
import { linesFromEnd } from '../../../src/runner/history/lines-from-end.ts'
import type { Connection } from '../../../src/runner/connection/connection.ts'
import type { StreamName } from '../../../src/streams/index.ts'
import { notStartedRecord, type RunRecord } from '../../../src/runner/history/record.ts'
import { temporaryFolder } from '../../support/programs.ts'

const NOW = Date.parse('2026-11-24T12:00:00.000Z')

function recordOf(id: string, startedAt = '2026-11-24T10:00:00.000Z'): RunRecord {
  return {
    run_id: id,
    connection: 'test',
    trigger: 'manual',
    started_at: startedAt,
    ended_at: null,
    seconds: null,
    outcome: 'failed',
    exit_status: null,
    error: null,
    requests: 0,
    retries: 0,
    rate_limited: 0,
    streams: [],
  }
}

function reading(id: string, resources: readonly StreamName[]): RunRecord {
  const streams = resources.map((stream) => ({
    stream,
    mode: 'incremental' as const,
    rows_read: 1,
    rows_loaded: 1,
    rows_deleted: 0,
    rows_rejected: 0,
    bookmark_before: null,
    bookmark_after: '2026-11-24T10:00:00Z',
    seconds: 0.5,
  }))
  return { ...ended(recordOf(id)), streams }
}

function ended(run: RunRecord): RunRecord {
  const ended_at = new Date(Date.parse(run.started_at) + 1000).toISOString()
  return { ...run, ended_at, seconds: 1, outcome: 'succeeded', exit_status: 0 }
}

async function outcomes(history: History): Promise<string[]> {
  const entries = await history.newest(100)
  return entries.map(({ run, isRunning }) => `${run.run_id} ${isRunning ? 'now' : run.outcome}`)
}

test('lists the newest run first, and a run whose process lives as running', async (t) => {
  const history = new History(await temporaryFolder(t))
  assert.deepEqual(await outcomes(history), [])
  await history.start(recordOf('a', '2026-10-31T23:59:00.000Z'))
  await history.end(ended(recordOf('a', '2026-10-31T23:59:00.000Z')))
  await history.start(recordOf('b'))
  assert.deepEqual(await outcomes(history), ['b now', 'a succeeded'])
  assert.equal((await history.newest(1)).length, 1)
})

test('finds the last success before failures, crashes and cut lines, in older months too', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  assert.equal(await history.lastSuccess({ resources: [], nowMs: NOW }), undefined)
  for (const id of ['oldest', 'old']) {
    const run = recordOf(id, '2026-10-31T10:00:00.000Z')
    await history.start(run)
    await history.end(ended(run))
  }
  const misleading = {
    program: 'tap-customerio',
    code: null,
    message: '"outcome":"succeeded"',
  } as const
  for (let at = 0; at < 50; at++) {
    await history.start(recordOf(`failed ${at}`))
    await history.end({ ...ended(recordOf(`failed ${at}`)), outcome: 'failed', error: misleading })
  }
  const cut = '{"event":"ended","run":{"run_id":"cut","outcome":"succeeded"'
  await appendFile(join(folder, 'history', 'runs-2026-11.jsonl'), cut)
  await history.start(recordOf('running'))
  assert.equal((await history.lastSuccess({ resources: [], nowMs: NOW }))?.run_id, 'old')
})

test('shows an open run whose process ended as crashed, and the next start closes it', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  await history.start(recordOf('a'))
  await history.end(ended(recordOf('a')))
  const path = join(folder, 'history', 'runs-2026-11.jsonl')
  const owner = { pid: 1, host: 'elsewhere', started: '1' }
  await appendFile(
    path,
    `${JSON.stringify({ event: 'started', run: recordOf('b'), process: owner })}\n`,
  )
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"elsewhere"', JSON.stringify(ownHost(text))))
  assert.deepEqual(await outcomes(history), ['b crashed', 'a succeeded'])
  assert.deepEqual(
    (await history.closeCrashed(NOW)).map(({ run_id }) => run_id),
    ['b'],
  )
  assert.deepEqual(await history.closeCrashed(NOW), [])
  assert.deepEqual(await outcomes(history), ['b crashed', 'a succeeded'])
})

test('runs dated into the future decide nothing and hide no killed run', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  await history.start(recordOf('good'))
  await history.end(ended(recordOf('good')))
  await history.start(recordOf('killed'))
  const path = join(folder, 'history', 'runs-2026-11.jsonl')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replaceAll(/"started":"[^"]*"/g, '"started":"another time"'))
  const ahead = recordOf('ahead', '2031-01-01T00:00:00.000Z')
  await history.start(ahead)
  await history.end(ended(ahead))
  assert.deepEqual(await outcomes(history), ['ahead succeeded', 'killed crashed', 'good succeeded'])
  assert.deepEqual(
    (await history.newest(1, NOW)).map(({ run }) => run.run_id),
    ['killed'],
  )
  assert.equal((await history.lastSuccess({ resources: [], nowMs: NOW }))?.run_id, 'good')
  const crashed = await history.closeCrashed(NOW)
  assert.deepEqual(
    crashed.map(({ run_id: id }) => id),
    ['killed'],
  )
  assert.deepEqual(await history.closeCrashed(NOW), [])
  const later = await history.lastSuccess({ resources: [], nowMs: Date.parse('2031-01-02') })
  assert.equal(later?.run_id, 'ahead')
})

test('a run that could not start hides no killed run before it', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  await history.start(recordOf('killed'))
  const { connection } = recordOf('killed')
  const named = { name: connection } as Connection
  const error = new AppError('CONFIG_INVALID', 'The file is damaged.')
  await history.end(notStartedRecord(named, { trigger: 'schedule', error, nowMs: NOW }))
  const crashed = await history.closeCrashed(NOW)
  assert.deepEqual(
    crashed.map(({ run_id: id }) => id),
    ['killed'],
  )
  assert.deepEqual(
    (await history.newest(2)).map(({ run }) => [run.outcome, run.exit_status, run.error?.message]),
    [
      ['crashed', null, undefined],
      ['failed', 2, 'The file is damaged.'],
    ],
  )
})

test('a success that left streams out is not the last success', async (t) => {
  const history = new History(await temporaryFolder(t))
  await history.end(reading('all', ['newsletters', 'campaigns']))
  await history.end(reading('some', ['newsletters']))
  const last = async (...resources: StreamName[]) =>
    (await history.lastSuccess({ resources, nowMs: NOW }))?.run_id
  assert.equal(await last('newsletters', 'campaigns'), 'all')
  assert.equal(await last('newsletters'), 'some')
  assert.equal(await last('campaign_actions'), undefined)
})

test('a whole run still counts after the connection gets another stream', async (t) => {
  const history = new History(await temporaryFolder(t))
  const earlier: RunRecord = { ...reading('a', ['newsletters']), is_whole: true }
  for (const run of [earlier, { ...reading('b', ['campaigns']), is_whole: false }]) {
    await history.start(run)
    await history.end({ ...run, outcome: 'succeeded' })
  }
  const resources: StreamName[] = ['newsletters', 'campaigns']
  assert.equal((await history.lastSuccess({ resources, nowMs: NOW }))?.run_id, 'a')
})

test('a run of another machine is running while it holds the lock', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  const owner = { pid: 7, host: 'elsewhere boot', started: '1' }
  const line = JSON.stringify({ event: 'started', run: recordOf('a'), process: owner })
  await mkdir(join(folder, 'history'))
  await writeFile(join(folder, 'history', 'runs-2026-11.jsonl'), `${line}\n`)
  assert.deepEqual(await outcomes(history), ['a crashed'])
  await writeFile(lockPathIn(folder), JSON.stringify({ token: 'its own', since: '', ...owner }))
  assert.deepEqual(await outcomes(history), ['a now'])
})

function ownHost(text: string): string {
  return (JSON.parse(text.split('\n')[0] ?? '') as { process: { host: string } }).process.host
}

test('a history cut at any byte loses only the cut line', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  const path = join(folder, 'history', 'runs-2026-11.jsonl')
  await history.start(recordOf('a'))
  await history.end(ended(recordOf('a')))
  const { length } = await readFile(path)
  await history.end(ended(recordOf('b')))
  const whole = await readFile(path)
  for (let cut = length; cut < whole.length - 1; cut += 7) {
    await writeFile(path, whole)
    await truncate(path, cut)
    await history.end(ended(recordOf('c')))
    assert.deepEqual(await outcomes(history), ['c succeeded', 'a succeeded'], `cut at ${cut}`)
  }
})

test('keeps the newest months with runs, whatever the clock says', async (t) => {
  const folder = await temporaryFolder(t)
  const history = new History(folder)
  for (const month of ['2025-12', '2026-01', '2099-01']) {
    await history.end(ended(recordOf(month, `${month}-01T00:00:00.000Z`)))
  }
  await history.retain(2)
  assert.deepEqual((await readdir(join(folder, 'history'))).toSorted(), [
    'runs-2026-01.jsonl',
    'runs-2099-01.jsonl',
  ])
})

test('lines from the end are the lines in reverse order', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'lines')
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat({ max: 200_000 }).map((length) => 'é'.repeat(length)),
  )
  const property = fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (texts) => {
    const lines = texts
      .map((text) => text.replaceAll('\n', ' '))
      .filter((text) => text.trim() !== '')
    await writeFile(path, lines.map((text) => `${text}\n`).join(''))
    const found: (string | undefined)[] = []
    for await (const text of linesFromEnd(path)) found.push(text)
    assert.deepEqual(
      found.toReversed(),
      lines.map((text) => Buffer.from(text).toString()),
    )
  })
  await fc.assert(property, { numRuns: 40 })
})

test('skips a line that is too long in little memory, and reads its neighbours', async (t) => {
  const path = join(await temporaryFolder(t), 'lines')
  const long = Buffer.alloc(60 << 20, 'x')
  await writeFile(path, Buffer.concat([Buffer.from('a\n'), long, Buffer.from('\nb\n')]))
  const before = process.memoryUsage().arrayBuffers
  const found: (string | undefined)[] = []
  let most = 0
  for await (const line of linesFromEnd(path)) {
    found.push(line)
    most = Math.max(most, process.memoryUsage().arrayBuffers - before - long.length)
  }
  assert.deepEqual(found, ['b', undefined, 'a'])
  assert.ok(most < 30 << 20, `${most} bytes`)
})
