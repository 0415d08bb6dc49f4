import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { damagedText, History, type HistoryEntry } from '../../../src/runner/history/history.ts'
import { parseHistoryLine } from '../../../src/runner/history/history-line.ts'
import { historyText } from '../../../src/runner/text/history-text.ts'
import { ownIdentity } from '../../../src/runner/lock/process-identity.ts'
import { RunMetrics } from '../../../src/runner/scheduler/run-metrics.ts'
import { fullReadLeft } from '../../../src/runner/text/summary.ts'
import { healthOf } from '../../../src/runner/notify/delivery-state.ts'
import { summaryOf } from '../../../src/runner/notify/event.ts'
import { isWhole } from '../../../src/runner/history/record.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { recordOf } from '../../support/network/webhook-receiver.ts'

const NOW = Date.parse('2026-11-25T00:00:00Z')
const GOOD = { event: 'ended', run: recordOf('succeeded') }
const STARTED = {
  event: 'started',
  run: { ...recordOf('failed'), ended_at: null, seconds: null, exit_status: null, error: null },
  process: { ...ownIdentity(), started: 'another time' },
}

async function historyOf(t: Pick<TestContext, 'after'>, lines: readonly (string | Buffer)[]) {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'history'))
  const bytes = lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])
  await writeFile(join(folder, 'history', 'runs-2026-11.jsonl'), Buffer.concat(bytes))
  return new History(folder)
}

/** Uses the entries in every way that the product does. */
function useAll(entries: readonly HistoryEntry[]): void {
  historyText(entries, 80)
  JSON.stringify(entries)
  for (const { run } of entries) {
    assert.ok(Number.isFinite(Date.parse(run.started_at)))
    summaryOf(run)
    healthOf(run, ['newsletters'])
    isWhole(run, ['newsletters'])
    fullReadLeft(run, new Map())
    new RunMetrics().note({ type: 'ended', job: { name: 'a' }, record: run } as never)
  }
}

/** Replaces the value at a path, or removes it when the new value is undefined. */
function changedAt(document: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  const copy = structuredClone(document) as Record<string, unknown>
  const next = changedAt(copy[name], rest, value)
  if (next === undefined) delete copy[name]
  else copy[name] = next
  return copy
}

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return [
    [...path],
    ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name])),
  ]
}

const DAMAGED: Record<string, string | Buffer> = {
  'an ended run with nothing but its id': '{"event":"ended","run":{"run_id":"x"}}',
  'a started run with nothing but its id': '{"event":"started","run":{"run_id":"y"}}',
  'text that is not JSON': 'not JSON',
  null: 'null',
  'a number': '7',
  'a list': '[]',
  'an empty object': '{}',
  'a run that is null': '{"event":"ended","run":null}',
  'a run that is a list': '{"event":"ended","run":[]}',
  'an unknown event': JSON.stringify({ ...GOOD, event: 'paused' }),
  'an event named like a property of Object.prototype': JSON.stringify({
    ...GOOD,
    event: 'constructor',
  }),
  'a started run without its process': JSON.stringify({ event: 'started', run: STARTED.run }),
  'a process whose PID is a string': JSON.stringify({ ...STARTED, process: { pid: '../1' } }),
  'an infinite number': JSON.stringify(GOOD).replace('"requests":1', '"requests":1e999'),
  'an invalid time': JSON.stringify(GOOD).replaceAll('2026-11-24T', '2026-11-99T'),
  'a path instead of a time': JSON.stringify(GOOD).replaceAll('2026-11-24T10', '../../../x'),
  'deep nesting': `{"event":"ended","run":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  'deep nesting without an end': '{"run":'.repeat(100_000),
  'a huge line': `{"event":"ended","run":"${'x'.repeat(5_000_000)}"}`,
  'binary data': Buffer.from(Array.from({ length: 4096 }, (_unused, at) => (at * 7919) % 256)).map(
    (byte) => (byte === 10 ? 11 : byte),
  ) as Buffer,
  'a byte order mark': `\u{feff}${JSON.stringify(GOOD)}`,
  'two records in one line': JSON.stringify(GOOD) + JSON.stringify(GOOD),
}

for (const [what, line] of Object.entries(DAMAGED)) {
  test(`skips and counts a damaged history line (${what})`, async (t) => {
    const whole = JSON.stringify(GOOD)
    for (const lines of [[line], [whole, line], [line, whole], [line, whole, line]]) {
      const history = await historyOf(t, lines)
      const entries = await history.newest(100)
      useAll(entries)
      assert.equal(entries.length, lines.includes(whole) ? 1 : 0)
      const damaged = lines.filter((one) => one === line).length
      assert.equal(history.damagedLines, damaged)
      assert.match(
        damagedText(history) ?? '',
        damaged === 1 ? /1 damaged line; it is skipped\./ : /2 damaged lines; they are skipped\./,
      )
      const last = await history.lastSuccess({ resources: [], nowMs: NOW })
      assert.equal(last?.run_id, lines.includes(whole) ? GOOD.run.run_id : undefined)
      assert.deepEqual(await history.closeCrashed(NOW), [])
    }
  })
}

test('a line without a property, or with one of another type, is damaged', () => {
  for (const document of [GOOD, STARTED]) {
    assert.ok(parseHistoryLine(JSON.stringify(document)))
    for (const path of pathsOf(document)) {
      if (path.length === 0) continue
      const isMember = !/^\d+$/.test(path.at(-1) ?? '')
      for (const value of isMember ? [undefined, {}, [[]], -0.5, 'x', true, null] : [{}, 1, null]) {
        const changed = changedAt(document, path, value)
        const parsed = parseHistoryLine(JSON.stringify(changed))
        if (parsed) useAll([{ run: parsed.run, isRunning: false, isOpen: false }])
        const isObject = typeof value === 'object' && value !== null
        if (isMember && (value === undefined || isObject) && path.at(-1) !== 'streams')
          assert.equal(parsed, undefined, `${path.join('.')} = ${JSON.stringify(value)}`)
      }
    }
  }
})

test('reads, shows and closes any history without an error', async () => {
  const real = fc.constantFrom<unknown>(GOOD, STARTED)
  const mutated = fc
    .tuple(real, fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
    .map(([document, at, value]) => {
      const paths = pathsOf(document)
      return JSON.stringify(changedAt(document, paths[at % paths.length] ?? [], value)) ?? ''
    })
  const cut = fc.tuple(real, fc.nat(), fc.nat()).map(([document, at, length]) => {
    const text = JSON.stringify(document)
    return text.slice(0, at % text.length) + text.slice((at % text.length) + (length % 40))
  })
  const line = fc.oneof(
    real.map((document) => JSON.stringify(document)),
    mutated,
    cut,
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  )
  const property = fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
    const releases: (() => unknown)[] = []
    const history = await historyOf(
      { after: (release) => void releases.push(release as () => void) },
      lines,
    )
    try {
      useAll(await history.newest(100))
      const files = lines.flatMap((one) => Buffer.from(one).toString().split('\n'))
      const shown = files.filter((one) => one.trim() !== '')
      const sound = shown.filter((one) => parseHistoryLine(one))
      assert.equal(history.damagedLines, shown.length - sound.length)
      await history.lastSuccess({ resources: [], nowMs: NOW })
      await history.closeCrashed(NOW)
      await history.end(recordOf('succeeded'))
      assert.equal((await history.newest(1))[0]?.run.run_id, GOOD.run.run_id)
    } finally {
      for (const release of releases) await release()
    }
  })
  await fc.assert(property, { numRuns: 300 })
})
