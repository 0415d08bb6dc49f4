import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as answers from '../../../src/sandbox/api/answers.ts'
import type { Fault } from '../../../src/sandbox/api/faults.ts'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/api/server.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import { Logger } from '../../../src/logger.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { ApiClient } from '../../../src/tap/api/client.ts'
import { pagesOf } from '../../../src/tap/api/pages.ts'
import { tapConfig } from '../../support/tap-config.ts'

const LIST = { path: '/newsletters', dataKey: 'newsletters', query: { limit: '10' } }

interface Reading {
  sandbox: Sandbox
  read: () => Promise<JsonObject[][]>
}

/** A list of 25 newsletters, three pages, and what goes wrong with it. */
async function listOf(
  t: TestContext,
  faults: Fault[] = [],
  options: SandboxOptions = {},
): Promise<Reading> {
  const sandbox = await startSandbox({
    rate: { perSecond: Infinity },
    world: { examples: false, newsletters: 25 },
    ...options,
  })
  for (const fault of faults) sandbox.faults.add(fault)
  const client = new ApiClient({
    config: tapConfig({
      app_api_key: sandbox.apiKey,
      api_url: sandbox.url,
      requests_per_second: 1000,
      retry_budget_seconds: 0,
    }),
    logger: new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} }),
    signal: new AbortController().signal,
    env: {},
  })
  t.after(async () => {
    await client.close()
    await sandbox.close()
  })
  return {
    sandbox,
    read: async () => {
      const pages: JsonObject[][] = []
      for await (const page of pagesOf(client, LIST)) pages.push(page)
      return pages
    },
  }
}

function lengths(pages: JsonObject[][]): number[] {
  return pages.map((page) => page.length)
}

for (const lastNext of ['empty', 'null', 'absent'] as const) {
  test(`reads to the end when the last \`next\` is ${lastNext}`, async (t) => {
    const { read } = await listOf(t, [], { paging: { lastNext } })
    assert.deepEqual(lengths(await read()), [10, 10, 5])
  })
}

test('sends each cursor unchanged, and keeps the other parameters', async (t) => {
  const { read, sandbox } = await listOf(t)
  await read()
  const [first, second] = sandbox.requests
  assert.deepEqual([...(first?.query ?? [])], [['limit', '10']])
  assert.equal(second?.query.get('limit'), '10')
  assert.match(second?.query.get('start') ?? '', /^[A-Za-z0-9+/=]+$/)
  assert.equal(sandbox.requests.length, 3)
})

test('continues after short and empty pages', async (t) => {
  const { read } = await listOf(t, [{ times: 1, after: 1, respond: answers.dataAs([]) }], {
    paging: { hasTrailingPage: true },
  })
  assert.deepEqual(lengths(await read()), [10, 0, 5, 0])
})

test('accepts a number as a cursor', async (t) => {
  const { read, sandbox } = await listOf(t, [{ times: 1, respond: answers.nextAs(12345) }])
  assert.deepEqual(lengths(await read()), [10, 0])
  assert.equal(sandbox.requests[1]?.query.get('start'), '12345')
})

test('reads null and [] under the data key as an empty list', async (t) => {
  for (const empty of [null, []]) {
    const { read } = await listOf(t, [
      { respond: answers.jsonBody({ newsletters: empty, next: '' }) },
    ])
    assert.deepEqual(await read(), [[]])
  }
})

test('reads an empty list with an empty `errors` as an empty list', async (t) => {
  for (const errors of [null, [], {}, '']) {
    const { read } = await listOf(t, [
      { respond: answers.jsonBody({ newsletters: [], errors, next: '' }) },
    ])
    assert.deepEqual(await read(), [[]])
  }
})

const NONSENSE: [title: string, body: JsonValue, what: string][] = [
  ['a body without the key', { next: '' }, 'has no `newsletters`'],
  [
    'an error with status 200',
    { errors: [{ detail: 'try again', status: '500' }] },
    'has no `newsletters`: try again',
  ],
  [
    'an empty list next to errors',
    { newsletters: [], errors: [{ detail: 'try again', status: '500' }] },
    'has an empty `newsletters` and errors: try again',
  ],
  [
    'null next to errors',
    { newsletters: null, errors: { detail: 'try again' } },
    'has an empty `newsletters` and errors: try again',
  ],
  ['an object under the key', { newsletters: { 0: {} } }, 'has no list under `newsletters`'],
  ['a text under the key', { newsletters: '' }, 'has no list under `newsletters`'],
  ['a list of texts', { newsletters: ['a'] }, 'has a list item that is not an object'],
  ['a list as the body', [{ id: 1 }], 'is not a JSON object'],
  ['null as the body', null, 'is not a JSON object'],
  [
    'an object as the cursor',
    { newsletters: [], next: { start: 'a' } },
    'has a `next` that is not a token',
  ],
  ['false as the cursor', { newsletters: [], next: false }, 'has a `next` that is not a token'],
]

for (const [title, body, what] of NONSENSE) {
  test(`reports ${title} as invalid, never as the end`, async (t) => {
    const { read } = await listOf(t, [{ respond: answers.jsonBody(body) }])
    await assert.rejects(read(), {
      code: 'BAD_RESPONSE',
      message: `The response to GET /newsletters ${what}.`,
    })
  })
}

test('reports an HTML page, a truncated body and an empty body as errors', async (t) => {
  const cases: [Fault, string][] = [
    [{ respond: answers.htmlPage(200) }, 'BAD_RESPONSE'],
    [{ respond: answers.replyWith({}) }, 'BAD_RESPONSE'],
    [{ respond: answers.cut(40) }, 'CONNECTION_FAILED'],
    [{ respond: answers.cut(40, 'chunked') }, 'CONNECTION_FAILED'],
  ]
  for (const [fault, code] of cases) {
    const { read } = await listOf(t, [fault])
    await assert.rejects(read(), { code })
  }
})

const LOOPS: [title: string, fault: () => Fault, reason: string][] = [
  [
    'a cursor that is its own',
    () => ({ respond: answers.repeatedCursor(1) }),
    'a cursor was repeated',
  ],
  ['a circle of cursors', () => ({ respond: answers.repeatedCursor(3) }), 'a cursor was repeated'],
  [
    'the same rows under ever new cursors',
    () => ({ respond: answers.endlessCursors('same') }),
    'the same rows were repeated',
  ],
  [
    'the same rows under ever new cursors, edited each time',
    () => ({ respond: answers.endlessCursors('edited') }),
    'the same rows were repeated',
  ],
  [
    'empty pages without end',
    () => ({ respond: answers.endlessCursors('none') }),
    'too many pages were empty',
  ],
]

for (const [title, fault, reason] of LOOPS) {
  test(`refuses ${title} instead of reading forever`, async (t) => {
    const { read, sandbox } = await listOf(t, [fault()])
    await assert.rejects(read(), {
      code: 'CURSOR_LOOP',
      message: `The pages of GET /newsletters form a loop: ${reason}.`,
    })
    assert.ok(sandbox.requests.length <= 102)
  })
}
