import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Logger } from '../../../src/logger.ts'
import type { Connection } from '../../../src/runner/connection/connection.ts'
import { History } from '../../../src/runner/history/history.ts'
import { notStartedRecord } from '../../../src/runner/history/record.ts'
import { entryOfLine, entryText, type RunLogEntry } from '../../../src/runner/run-log/entry.ts'
import { limitLogs, retainLogs, runLogPath } from '../../../src/runner/run-log/files.ts'
import { findRun, readRunLog } from '../../../src/runner/run-log/reader.ts'
import { MAX_HEAD_BYTES, MAX_TAIL_BYTES, RunLog } from '../../../src/runner/run-log/writer.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

const RUN = {
  run_id: '7d3f0c52-6a0e-4b8e-9d57-0d3b8f6f2c11',
  started_at: '2026-11-27T01:39:24.000Z',
}

async function setUp(t: TestContext) {
  const dataFolder = await temporaryFolder(t)
  const connection = {
    dataFolder,
    source: { app_api_key: 'key-of-nobody' },
    destination: { warehouse_url: 'postgres://u:pass%2Fword1@h/d' },
    notify: undefined,
  } as unknown as Connection
  const failures: string[] = []
  const live: [line: number, message: string][] = []
  const log = new RunLog(connection, {
    run: RUN,
    onFailure: (reason) => failures.push(reason),
    onEntry: ({ message }, line) => live.push([line, message]),
  })
  const read = async () => (await readRunLog(dataFolder, RUN)) ?? []
  return { dataFolder, log, failures, live, read }
}

function entry(message: string, fields: RunLogEntry['fields'] = {}): RunLogEntry {
  const at = '2026-11-27T01:39:25.000Z'
  return { at, level: 'info', program: 'tap-customerio', event: null, message, fields }
}

test('keeps entries in order, readable only by the owner, with secrets masked', async (t) => {
  const { dataFolder, log, read } = await setUp(t)
  log.add(entry('asked with key-of-nobody', { url: 'postgres://u:pass/word1@h', rows: 3 }))
  log.add(entry('second'))
  await log.close()
  assert.deepEqual(await read(), [
    entry('asked with ***', { url: 'postgres://u:***@h', rows: 3 }),
    entry('second'),
  ])
  const path = runLogPath(dataFolder, RUN) ?? ''
  assert.equal(path, join(dataFolder, 'logs/2026-11', `${RUN.run_id}.jsonl`))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(dirname(path))).mode & 0o777, 0o700)
})

test('a long log keeps its beginning and its end, and says how many lines it left out', async (t) => {
  const { dataFolder, log, live, read } = await setUp(t)
  const count = 12_000
  for (let at = 0; at < count; at++) log.add(entry(`line ${at} ${'x'.repeat(100)}`))
  log.add(entry('long', { text: 'y'.repeat(1_000_000) }))
  await log.close()
  const { size } = await stat(runLogPath(dataFolder, RUN) ?? '')
  assert.ok(size > MAX_HEAD_BYTES && size < MAX_HEAD_BYTES + MAX_TAIL_BYTES + 1000, String(size))
  const entries = await read()
  assert.match(entries[0]?.message ?? '', /^line 0 /)
  assert.match(entries.at(-2)?.message ?? '', new RegExp(`^line ${count - 1} `))
  const [notice] = entries.filter(({ message }) => message.endsWith('lines were left out here.'))
  assert.equal(Number.parseInt(notice?.message ?? '', 10), count + 1 - (entries.length - 1))
  // Who follows the log gets the lines that keep their number.
  assert.deepEqual(
    live,
    entries
      .slice(
        0,
        entries.findIndex((one) => one === notice),
      )
      .map(({ message }, at) => [at + 1, message]),
  )
})

test('a killed run leaves the end of a long log, and one that ends has it in one file', async (t) => {
  const { dataFolder, log, read } = await setUp(t)
  const folder = dirname(runLogPath(dataFolder, RUN) ?? '')
  const count = 12_000
  for (let at = 0; at < count; at++) {
    log.add(entry(`line ${at} ${'x'.repeat(100)}`))
    // The lines of a run come over time.
    if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const isLast = async () => (await read()).at(-1)?.message.startsWith(`line ${count - 1} `)
  await until(isLast, { what: 'the last line' })
  const entries = await read()
  const numbers = entries.map(({ message }) => Number(message.split(' ')[1]))
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(numbers).size, numbers.length)
  let bytes = 0
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size
  assert.ok(bytes > MAX_HEAD_BYTES && bytes <= MAX_HEAD_BYTES + MAX_TAIL_BYTES, String(bytes))
  await log.close()
  assert.deepEqual(await readdir(folder), [`${RUN.run_id}.jsonl`])
  assert.match((await read()).at(-1)?.message ?? '', new RegExp(`^line ${count - 1} `))
})

test('keeps the stack of a bug in a program', () => {
  const lines: string[] = []
  const logger = new Logger({
    name: 'tap-customerio',
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
  })
  logger.unexpected('Please report it as a bug', new TypeError('x is not iterable'))
  const found = entryOfLine('tap-customerio', lines[0]?.trim() ?? '', 0)
  assert.equal(found?.level, 'critical')
  assert.match(String(found?.fields['stack']), /^at .*run-log\.test\.(?:js|ts):\d+\)/)
})

test('a log that cannot be written is reported once, and a link is not followed', async (t) => {
  const { dataFolder, log, failures } = await setUp(t)
  await writeFile(join(dataFolder, 'victim'), 'precious\n')
  await mkdir(join(dataFolder, 'logs/2026-11'), { recursive: true })
  await symlink(join(dataFolder, 'victim'), runLogPath(dataFolder, RUN) ?? '')
  log.add(entry('first'))
  log.add(entry('second'))
  await log.close()
  assert.equal(failures.length, 1)
  assert.match(failures[0] ?? '', /is a symbolic link/)
  assert.equal(await readFile(join(dataFolder, 'victim'), 'utf8'), 'precious\n')
})

test('skips damaged lines, and has no log for an id that is no id', async (t) => {
  const { dataFolder, log, read } = await setUp(t)
  log.add(entry('whole'))
  await log.close()
  const path = runLogPath(dataFolder, RUN) ?? ''
  await writeFile(path, `{"at":1}\nnonsense\n${await readFile(path, 'utf8')}{"at":"2026`)
  assert.deepEqual(await read(), [entry('whole')])
  const outside = { ...RUN, run_id: '../../../victim' }
  assert.equal(runLogPath(dataFolder, outside), undefined)
  assert.equal(await readRunLog(dataFolder, outside), undefined)
  assert.equal(await readRunLog(dataFolder, { ...RUN, run_id: 'abc' }), undefined)
})

test('removes the logs of months without runs', async (t) => {
  const { dataFolder, log, read } = await setUp(t)
  log.add(entry('kept'))
  await log.close()
  const old = { ...RUN, started_at: '2025-09-01T00:00:00Z' }
  const oldPath = runLogPath(dataFolder, old) ?? ''
  await mkdir(dirname(oldPath))
  await writeFile(oldPath, '')
  await retainLogs(dataFolder, ['2026-11'])
  assert.equal(await readRunLog(dataFolder, old), undefined)
  assert.deepEqual(await read(), [entry('kept')])
})

test('removes the oldest logs when all of them are too large', async (t) => {
  const { dataFolder, log } = await setUp(t)
  log.add(entry('newest'))
  assert.equal(log.isLoud, false)
  for (let at = 0; at < 20; at++) log.add(entry('x'.repeat(4000)))
  assert.equal(log.isLoud, true)
  await log.close()
  const newest = runLogPath(dataFolder, RUN) ?? ''
  await utimes(newest, new Date(RUN.started_at), new Date(RUN.started_at))
  const { size } = await stat(newest)
  const older = ['2026-11-02', '2026-11-01', '2026-10-31'].map((day, at) => ({
    run_id: `aaaa000${at}`,
    started_at: `${day}T00:00:00Z`,
  }))
  for (const run of older) {
    const path = runLogPath(dataFolder, run) ?? ''
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'x'.repeat(100))
    await utimes(path, new Date(run.started_at), new Date(run.started_at))
  }
  await limitLogs(dataFolder, size + 150)
  const kept = await Promise.all(
    [RUN, ...older].map(async (run) => (await readRunLog(dataFolder, run)) !== undefined),
  )
  assert.deepEqual(kept, [true, true, false, false])
})

test('finds a run by its id, the beginning of its id, and as the last one', async (t) => {
  const dataFolder = await temporaryFolder(t)
  const history = new History(dataFolder)
  const ids = ['aaaa1111', 'aaaa2222', 'bbbb3333']
  for (const [at, id] of ids.entries()) {
    const run = notStartedRecord({ name: 'c' } as Connection, {
      trigger: 'manual',
      error: new Error('x'),
      nowMs: Date.parse('2026-11-27T00:00:00Z') + at,
    })
    await history.end({ ...run, run_id: id })
  }
  const find = async (wanted: string) => (await findRun(history, wanted)).run_id
  assert.equal(await find('last'), 'bbbb3333')
  assert.equal(await find('aaaa1111'), 'aaaa1111')
  assert.equal(await find('aaaa2'), 'aaaa2222')
  await assert.rejects(find('aaaa'), /^AppError: 2 runs have an id that begins with aaaa\.$/)
  await assert.rejects(find('cccc'), /^AppError: The history has no run cccc\.$/)
  await assert.rejects(find(''), /^AppError: The history has no run /)
})

test('takes an entry from a log line, keeps the words of a crash, and skips metrics', () => {
  const at = '2026-11-27T01:39:25.000Z'
  const line = {
    level: 'warning',
    stream_name: 'campaigns',
    message: 'Careful.',
    extra: { event_code: 'request_retried', attempt: 2, nested: {} },
  }
  const found = entryOfLine('tap-customerio', JSON.stringify(line), Date.parse(at))
  assert.deepEqual(found, {
    at,
    level: 'warning',
    program: 'tap-customerio',
    event: 'request_retried',
    message: 'Careful.',
    fields: { stream: 'campaigns', attempt: 2 },
  })
  assert.equal(
    found && entryText(found),
    '2026-11-27 01:39:25 tap-customerio   WARNING Careful. stream=campaigns attempt=2',
  )
  const metric = { message: 'METRIC', metric_info: { metric: 'record_count', value: 3, tags: {} } }
  assert.equal(entryOfLine('tap-customerio', JSON.stringify(metric), 0), undefined)
  assert.equal(entryOfLine('tap-customerio', ' ', 0), undefined)
  assert.equal(
    entryOfLine('tap-customerio', 'Segmentation fault', 0)?.message,
    'Segmentation fault',
  )
})
