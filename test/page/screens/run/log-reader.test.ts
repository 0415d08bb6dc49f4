import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../../../src/console/api/schemas.generated.ts'
import { ApiFailure } from '../../../../src/page/api/client.ts'
import {
  LogReader,
  type LogState,
  type WantedLog,
} from '../../../../src/page/screens/run/log-reader.ts'

type Page = Api<'RunLog'>

function pageOf(numbers: readonly number[], next: number | null = null): Page {
  const line = { level: 'info', program: 'tap-customerio', at: '2026-11-27T12:00:00Z' } as const
  return { lines: numbers.map((at) => ({ ...line, line: at, message: `line ${at}` })), next }
}

function wantedOf(members: Partial<WantedLog> = {}, search = ''): WantedLog {
  return { filter: { level: '', search }, isRunning: false, isToEnd: false, ...members }
}

interface Request {
  search: string
  after: number
  answer: (page: Page | ApiFailure) => void
}

/** A reader whose pages arrive when the test lets them. */
function readerOf() {
  const requests: Request[] = []
  const states: LogState[] = []
  const reader = new LogReader({
    readPage: async ({ filter }, after) =>
      new Promise((resolve, reject) => {
        const answer = (page: Page | ApiFailure) =>
          page instanceof ApiFailure ? reject(page) : resolve(page)
        requests.push({ search: filter.search, after, answer })
      }),
    onChange: (state) => states.push(state),
  })
  const request = (at: number): Request => {
    const found = requests[at]
    assert.ok(found, `request ${at}`)
    return found
  }
  const numbers = () => states.at(-1)?.read?.lines.map(({ line }) => line)
  return { reader, requests, request, states, numbers }
}

const NO_LOG = new ApiFailure(404, { code: 'NO_LOG', message: 'None', hint: null, problems: [] })
const LOST = new ApiFailure(0, { code: 'LOST', message: 'Lost', hint: null, problems: [] })

test('an older response that arrives last is not shown', async () => {
  const { reader, request, numbers } = readerOf()
  const older = reader.start(wantedOf({}, 'a'))
  const newer = reader.start(wantedOf({}, 'ab'))
  request(1).answer(pageOf([7]))
  await newer
  request(0).answer(pageOf([1, 7, 9]))
  await older
  assert.deepEqual(numbers(), [7])
})

test('the next page of an earlier filter is not added to the lines of a newer one', async () => {
  const { reader, request, numbers } = readerOf()
  const first = reader.start(wantedOf())
  request(0).answer(pageOf([1, 2], 2))
  await first
  const more = reader.more()
  const filtered = reader.start(wantedOf({}, 'b'))
  request(2).answer(pageOf([2]))
  await filtered
  request(1).answer(pageOf([3, 4]))
  await more
  assert.deepEqual(numbers(), [2])
})

test('the log of a run in progress is read to its end', async () => {
  const { reader, requests, request, numbers, states } = readerOf()
  const reading = reader.start(wantedOf({ isRunning: true, isToEnd: true }))
  request(0).answer(pageOf([1, 2], 2))
  await new Promise(setImmediate)
  assert.deepEqual(states, [])
  request(1).answer(pageOf([3]))
  await reading
  assert.deepEqual(
    requests.map(({ after }) => after),
    [0, 2],
  )
  assert.deepEqual(numbers(), [1, 2, 3])
})

test('the log of a run that ended is read page by page', async () => {
  const { reader, requests, request, numbers } = readerOf()
  const reading = reader.start(wantedOf())
  request(0).answer(pageOf([1, 2], 2))
  await reading
  assert.equal(requests.length, 1)
  const more = reader.more()
  request(1).answer(pageOf([3]))
  await more
  assert.deepEqual([request(1).after, numbers()], [2, [1, 2, 3]])
})

test('a log that is missing is empty while the run is in progress, and an error after it', async () => {
  for (const isRunning of [true, false]) {
    const { reader, request, states } = readerOf()
    const reading = reader.start(wantedOf({ isRunning }))
    request(0).answer(NO_LOG)
    await reading
    const { read, failure } = states.at(-1) ?? {}
    assert.deepEqual(
      [read?.lines, failure?.code],
      isRunning ? [[], undefined] : [undefined, 'NO_LOG'],
    )
  }
})

test('another error is shown while the run is in progress, too, and the lines stay', async () => {
  const { reader, request, states, numbers } = readerOf()
  const first = reader.start(wantedOf({ isRunning: true }))
  request(0).answer(pageOf([1]))
  await first
  const second = reader.start(wantedOf({ isRunning: true }))
  request(1).answer(LOST)
  await second
  assert.deepEqual([numbers(), states.at(-1)?.failure], [[1], LOST])
})
