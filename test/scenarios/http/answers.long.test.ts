import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import * as answers from '../../../src/sandbox/api/answers.ts'
import type { Answer } from '../../../src/sandbox/api/faults.ts'
import { createWorld } from '../../../src/sandbox/generate.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { discover } from '../../../src/tap/discover.ts'
import { criticalOf, valueOf, workspaceOf, type Workspace } from '../workspace.ts'

const MEGABYTE = 2 ** 20
const GZIP = { 'content-encoding': 'gzip' }

/** Each fault hits the actions of one campaign, once. */
async function facing(
  t: Parameters<typeof workspaceOf>[0],
  faults: readonly Answer[],
): Promise<Workspace> {
  const campaigns = faults.length + 1
  const world = { examples: false, newsletters: 3, campaigns, actionsPerCampaign: 2 }
  const workspace = await workspaceOf(t, { world })
  for (const [at, respond] of faults.entries()) {
    const match = new RegExp(`/campaigns/${1001 + at}/actions`)
    workspace.sandbox.faults.add({ match, times: 1, respond })
  }
  return workspace
}

/** How often the tap logged a retry. */
function retriesIn(stderr: string): number {
  return stderr.split('Retrying.').length - 1
}

const NO_LISTS: Answer[] = [
  answers.htmlPage(200, 'Log in to the hotel network'),
  answers.replyWith({ headers: { 'content-type': 'text/plain' }, body: 'OK' }),
  answers.replyWith({}),
  answers.replyWith({ status: 204 }),
  answers.jsonBody('ok'),
  answers.jsonBody([]),
]

test('T35: retries a 200 with an HTML page, a word or an empty body, and a 204, and never reads it as zero rows', async (t) => {
  const workspace = await facing(t, NO_LISTS)
  const { stderr } = await workspace.healthy()
  assert.equal(retriesIn(stderr), NO_LISTS.length)
})

const NO_DATA: Answer[] = [
  answers.errorStatus(200),
  answers.dataAs(undefined),
  answers.dataAs({}),
  answers.dataAs('none'),
  answers.dataAs([1, null]),
]

test('T36: retries a 200 that reports errors, lacks its data key, or has no list of objects', async (t) => {
  const workspace = await facing(t, NO_DATA)
  const { stderr } = await workspace.healthy()
  assert.equal(retriesIn(stderr), NO_DATA.length)
  assert.match(stderr, /has no `actions`: something failed \(reference a1b2c3\)\. Retrying/)
})

test('T36: fails a stream whose responses stay invalid, names the reason, and keeps its bookmark', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: /newsletters/, respond: answers.htmlPage(200) })
  faults.add({ match: /campaigns$/, respond: answers.dataAs(undefined) })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /newsletters: The response to GET \/newsletters is not JSON\. campaigns: The response to GET \/campaigns has no `campaigns`\. .*A proxy or a maintenance page may have responded instead of the API.* code=BAD_RESPONSE/,
  )
  assert.deepEqual(
    [valueOf(workspace, 'newsletters'), valueOf(workspace, 'campaigns')],
    [null, null],
  )
  faults.clear()
  await workspace.healthy()
})

test('T36: retires no row of a FULL_TABLE stream when an empty list comes with errors', async (t) => {
  const workspace = await workspaceOf(t)
  const catalog = discover() as unknown as JsonObject & ReturnType<typeof discover>
  for (const { metadata } of catalog.streams) {
    const root = metadata?.find(({ breadcrumb }) => breadcrumb.length === 0)
    if (root) root.metadata['replication-method'] = 'FULL_TABLE'
  }
  await workspace.healthy({ catalog })
  const before = workspace.rows('newsletters').size
  const errors = [{ detail: 'internal error', status: '500' }]
  const respond = answers.jsonBody({ newsletters: null, errors })
  workspace.sandbox.faults.add({ match: /newsletters/, respond })
  const failed = await workspace.failing(5, { catalog })
  assert.match(
    criticalOf(failed)[0] ?? '',
    /has an empty `newsletters` and errors: internal error\./,
  )
  assert.equal(workspace.rows('newsletters').size, before)
  workspace.sandbox.faults.clear()
  await workspace.healthy({ catalog })
})

test('T39: reports any error body in one short line without control characters', async (t) => {
  const detail = JSON.stringify({ errors: [{ detail: 'packed reason' }] })
  const escapes = 'a \u001b]8;;http://evil\u0007link\u001b[2J\r\nINFO forged \u202eright to left'
  const workspace = await facing(t, [
    answers.jsonBody(['a list', { detail: 'of reasons' }], 503),
    answers.replyWith({ status: 503, body: 'x'.repeat(10 * MEGABYTE) }),
    answers.replyWith({ status: 503, body: Buffer.from([0xff, 0xfe, 0, 1, 27, 200]) }),
    answers.replyWith({ status: 503, headers: GZIP, body: gzipSync(detail) }),
    answers.replyWith({
      status: 503,
      headers: { 'content-encoding': 'br' },
      body: brotliCompressSync(detail),
    }),
    answers.replyWith({ status: 503, headers: GZIP, body: gzipSync(Buffer.alloc(50 * MEGABYTE)) }),
    answers.errorStatus(503, escapes),
    answers.replyWith({ status: 503, headers: GZIP, body: 'no gzip' }),
  ])
  const { stderr } = await workspace.healthy()
  assert.equal(retriesIn(stderr), 8)
  assert.ok(Math.max(...stderr.split('\n').map((line) => line.length)) < 600)
  // oxlint-disable-next-line no-control-regex -- none may be left
  assert.doesNotMatch(stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ufffd]/)
  assert.match(stderr, /1001\/actions: a list; of reasons\. Retrying/)
  assert.match(stderr, /1003\/actions\. Retrying/)
  for (const id of [1004, 1005]) assert.match(stderr, new RegExp(`${id}/actions: packed reason\\.`))
  assert.match(stderr, /1007\/actions: a \\u001b\]8;;http:.*\\u202eright to left\. Retrying/)
})

test('T40: reads compressed bodies and a byte order mark, and retries a wrong content encoding', async (t) => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf])
  const workspace = await facing(t, [
    answers.compressed('gzip'),
    answers.compressed('br'),
    answers.compressed('deflate'),
    answers.changeBytes((body) => Buffer.concat([mark, body])),
    answers.changeBytes((body) => body, { 'content-encoding': 'identity' }),
    answers.changeBytes((body) => body, { 'content-encoding': 'gzip' }),
    answers.changeBytes((body) => body, { 'content-encoding': 'zstd' }),
    answers.changeBytes((body) => gzipSync(body).subarray(0, -9), GZIP),
    answers.changeBytes((body) => Buffer.from(body.toString(), 'utf16le')),
    answers.changeBytes((body) => Buffer.concat([body.subarray(0, 1), Buffer.from([0xe4])])),
  ])
  const { stderr } = await workspace.healthy()
  assert.equal(retriesIn(stderr), 5)
})

test('T41: stops a decompression bomb at the size cap', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: /newsletters/, respond: answers.gzipBomb(300 * MEGABYTE) })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /The response to GET \/newsletters is larger than 256 MiB\. .*code=RESPONSE_TOO_LARGE/,
  )
  assert.equal(workspace.sandbox.statistics().byPath['/v1/newsletters'], 1)
  faults.clear()
  await workspace.healthy()
})

test('T42: reads a body of many megabytes and a campaign with a thousand actions completely', async (t) => {
  const world = createWorld({
    examples: false,
    newsletters: 2,
    campaigns: 2,
    actionsPerCampaign: 1000,
  })
  const actions = world.actions.get('1002') ?? []
  actions[3] = { ...actions[3], body: '<p>é</p>'.repeat(4 * MEGABYTE) }
  const workspace = await workspaceOf(t, { world, paging: { actionLimit: 100 } })
  await workspace.healthy()
})

test('T43: refuses every redirect and does not forward the key', async (t) => {
  const workspace = await workspaceOf(t)
  const reached: string[] = []
  const other = createServer((request, response) => {
    reached.push(request.headers.authorization ?? '')
    response.end('{}')
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const redirects = [
    answers.redirect(301, `${workspace.sandbox.url}/campaigns`),
    answers.redirect(302, `http://127.0.0.1:${port}/`),
    answers.redirect(307, 'file:///etc/passwd'),
    answers.redirect(308, 'http://169.254.169.254/latest/meta-data/'),
  ]
  for (const respond of redirects) {
    workspace.sandbox.faults.add({ match: /newsletters/, times: 1, respond })
    const failed = await workspace.failing(5)
    assert.match(
      criticalOf(failed)[0] ?? '',
      /returned 30\d for GET \/newsletters\. The API never redirects, so the key was not forwarded; .*code=REDIRECT_REFUSED/,
    )
  }
  assert.deepEqual(reached, [])
  await workspace.healthy()
})
