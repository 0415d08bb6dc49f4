import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import {
  changeBytes,
  compressed,
  cut,
  dataAs,
  delayed,
  echoAuthorization,
  endlessCursors,
  errorStatus,
  gzipBomb,
  hang,
  htmlPage,
  hugeBody,
  jsonBody,
  nextAs,
  rateLimited,
  redirect,
  repeatedCursor,
  replyWith,
  reset,
  slow,
} from '../../../src/sandbox/api/answers.ts'
import type { Answer } from '../../../src/sandbox/api/faults.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import { body, closeAll, get, start } from './reading.ts'
import { until } from '../../support/wait.ts'

afterEach(closeAll)

/** A sandbox that applies the fault to every request. */
async function faulty(respond: Answer, newsletters = 0): Promise<Sandbox> {
  const sandbox = await start({ world: { newsletters } })
  sandbox.faults.add({ respond })
  return sandbox
}

/** What arrives on the raw connection until it ends, is reset or is silent for 100 ms. */
async function rawAnswer(sandbox: Sandbox): Promise<{ text: string; outcome: string }> {
  const socket = connect(sandbox.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => (text += data))
  socket.setTimeout(100)
  socket.write(
    `GET /v1/campaigns/4 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${sandbox.apiKey}\r\n\r\n`,
  )
  const outcome = await new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'))
    socket.once('timeout', () => resolve('silence'))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
  socket.destroy()
  return { text, outcome }
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

async function statusAndText(respond: Answer): Promise<[number, string]> {
  const response = await get(await faulty(respond), '/newsletters/1')
  return [response.status, await response.text()]
}

test('applies a rule to matching requests, after skipping some, a limited number of times', async () => {
  const sandbox = await start()
  const rule = { match: /\/actions$/, after: 1, times: 2, respond: htmlPage(503) }
  const fault = sandbox.faults.add(rule)
  sandbox.faults.add({ match: ({ path }) => path.endsWith('/newsletters'), respond: htmlPage(500) })
  const statuses: number[] = []
  for (const path of [
    '/campaigns',
    '/newsletters',
    ...Array<string>(4).fill('/campaigns/4/actions'),
  ])
    statuses.push((await get(sandbox, path)).status)
  assert.deepEqual(statuses, [200, 500, 200, 503, 503, 200])
  assert.deepEqual([fault.matched, fault.applied], [4, 2])
  sandbox.faults.clear()
  assert.equal((await get(sandbox, '/newsletters')).status, 200)
})

test('a later rule answers requests that earlier rules skip', async () => {
  const sandbox = await start()
  sandbox.faults.add({ times: 1, respond: htmlPage(500) })
  sandbox.faults.add({ after: 1, times: 1, respond: htmlPage(502) })
  const statuses: number[] = []
  for (let i = 0; i < 3; i++) statuses.push((await get(sandbox, '/campaigns')).status)
  assert.deepEqual(statuses, [500, 502, 200])
})

test('replaces bodies', async () => {
  const page =
    '<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n'
  assert.deepEqual(await statusAndText(htmlPage(200, 'Sign in')), [200, page])
  assert.deepEqual(await statusAndText(replyWith({})), [200, ''])
  assert.deepEqual(await statusAndText(replyWith({ status: 204 })), [204, ''])
  assert.deepEqual(await statusAndText(jsonBody([1], 500)), [500, '[1]'])
  assert.deepEqual(await statusAndText(errorStatus(200, 'x')), [
    200,
    '{"errors":[{"detail":"x","status":"200"}]}',
  ])
  assert.deepEqual(await statusAndText(dataAs(undefined)), [200, '{}'])
  assert.deepEqual(await statusAndText(dataAs(null)), [200, '{"newsletter":null}'])
  assert.deepEqual(await statusAndText(echoAuthorization(500)), [
    500,
    '{"errors":[{"detail":"Bearer sandbox-app-api-key sandbox-app-api-key c2FuZGJveC1hcHAtYXBpLWtleQ==","status":"500"}]}',
  ])
})

test('replaces cursors', async () => {
  for (const next of [null, 7, { a: 1 }, 'x', undefined]) {
    const page = await body(await faulty(nextAs(next)), '/newsletters')
    assert.deepEqual([page['next'], 'next' in page], [next, next !== undefined])
  }
})

/** The cursors of `count` pages, each requested with the previous cursor. */
async function cursorsOf(
  sandbox: Sandbox,
  count: number,
): Promise<{ next: string; rows: number }[]> {
  const seen: { next: string; rows: number }[] = []
  for (let i = 0; i < count; i++) {
    const query = new URLSearchParams({ limit: '10', start: seen.at(-1)?.next ?? '' })
    const page = await body(sandbox, `/newsletters?${query.toString()}`)
    seen.push({ next: page['next'] as string, rows: (page['newsletters'] as JsonObject[]).length })
  }
  return seen
}

test('repeats cursors in a cycle of the given length', async () => {
  for (const length of [1, 2, 7]) {
    const seen = await cursorsOf(await faulty(repeatedCursor(length), 90), 2 * length + 1)
    const cursors = seen.map((page) => page.next)
    assert.equal(new Set(cursors).size, length)
    assert.deepEqual(cursors.slice(length), cursors.slice(0, length + 1))
    assert.ok(seen.every((page) => page.rows === 10))
  }
})

test('gives new cursors endlessly, with the same rows or none', async () => {
  const same = await cursorsOf(await faulty(endlessCursors()), 20)
  assert.equal(new Set(same.map((page) => page.next)).size, 20)
  assert.ok(same.every((page) => page.rows === 10))
  const none = await cursorsOf(await faulty(endlessCursors('none')), 20)
  assert.ok(none.every((page) => page.rows === 0))
})

test('redirects and rate-limits with the given headers', async () => {
  const moved = await get(await faulty(redirect(307, 'http://127.0.0.1:1/')), '/newsletters')
  assert.deepEqual([moved.status, moved.headers.get('location')], [307, 'http://127.0.0.1:1/'])
  const limited = await get(await faulty(rateLimited(['1', '60'])), '/newsletters')
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '1, 60'])
  const bare = await get(await faulty(rateLimited(null)), '/newsletters')
  assert.equal(bare.headers.get('retry-after'), null)
})

test('compresses bodies, with a true or a false content-encoding', async () => {
  const [, genuine] = await statusAndText({})
  for (const encoding of ['gzip', 'br', 'deflate'] as const) {
    assert.deepEqual(await statusAndText(compressed(encoding)), [200, genuine])
  }
  await assert.rejects(statusAndText(compressed('identity', 'gzip')))
  const [, raw] = await statusAndText(compressed('gzip', 'identity'))
  assert.notEqual(raw, genuine)
  const bom = await faulty(changeBytes((bytes) => Buffer.concat([Buffer.from('\u{feff}'), bytes])))
  const bytes = Buffer.from(await (await get(bom, '/newsletters/1')).arrayBuffer())
  assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf')
})

test('sends large bodies, and large bodies from small compressed ones', async () => {
  const [, huge] = await statusAndText(hugeBody(5_000_000))
  assert.ok(huge.length > 5_000_000)
  const [, bomb] = await statusAndText(gzipBomb(20 * 2 ** 20))
  assert.ok(bomb.length > 20 * 2 ** 20)
  assert.deepEqual(JSON.parse(bomb), { newsletters: [], campaigns: [], actions: [] })
})

test('breaks the connection at the given place', async () => {
  assert.deepEqual(await rawAnswer(await faulty(hang())), { text: '', outcome: 'silence' })
  assert.deepEqual(await rawAnswer(await faulty(reset())), { text: '', outcome: 'ECONNRESET' })
  const head = await rawAnswer(await faulty(reset('half-head')))
  assert.match(head.text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(head.text.includes('\r\n\r\n'), false)
  assert.equal(head.outcome, 'ECONNRESET')
  const short = await rawAnswer(await faulty(cut(5)))
  assert.match(short.text, /content-length: \d{3}\r\n/)
  assert.deepEqual([bodyOf(short.text), short.outcome], ['{"cam', 'end'])
  const closed = await rawAnswer(await faulty(cut(5, 'close')))
  assert.doesNotMatch(closed.text, /content-length|transfer-encoding/)
  assert.deepEqual([bodyOf(closed.text), closed.outcome], ['{"cam', 'end'])
  const stalled = await rawAnswer(await faulty(hang(5, 'chunked')))
  assert.deepEqual([bodyOf(stalled.text), stalled.outcome], ['5\r\n{"cam\r\n', 'silence'])
  const unended = await rawAnswer(await faulty(cut(Infinity, 'chunked')))
  assert.match(bodyOf(unended.text), /"event_name":"purchase"\}\}\r\n$/)
})

test('sends slowly but completely', async () => {
  for (const from of ['head', 'body'] as const) {
    const sandbox = await faulty(slow(50, 5, from))
    const text = await (await get(sandbox, '/newsletters/1')).text()
    assert.equal((JSON.parse(text) as JsonObject)['newsletter'] !== undefined, true)
    const [record] = sandbox.requests
    assert.equal(record?.status, 200)
    const tookMs = (record.endedMs ?? 0) - record.arrivedMs
    assert.ok(tookMs >= 15, `${tookMs} ms`)
  }
})

test('combines faults', async () => {
  const sandbox = await faulty({ ...compressed('gzip'), ...cut(12), ...delayed(30) })
  const response = await get(sandbox, '/newsletters/1')
  assert.equal(response.headers.get('content-encoding'), 'gzip')
  await assert.rejects(response.text())
  assert.ok((sandbox.requests[0]?.endedMs ?? 0) - (sandbox.requests[0]?.arrivedMs ?? 0) >= 28)
})

test('closes at once while responses hang, wait or trickle', async () => {
  const sandbox = await start()
  for (const respond of [hang(), hang(3), delayed(60_000), slow(1, 60_000)]) {
    sandbox.faults.add({ times: 1, respond })
  }
  const pending = Array.from({ length: 4 }, async () => (await get(sandbox, '/campaigns')).text())
  const outcomes = Promise.allSettled(pending)
  await until(() => sandbox.requests.length >= 4, { what: 'four requests' })
  const startedMs = performance.now()
  await closeAll()
  for (const { status } of await outcomes) assert.equal(status, 'rejected')
  assert.ok(performance.now() - startedMs < 1000)
})
