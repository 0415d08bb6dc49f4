import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import { loadConfig } from '../../src/config/load-config.ts'
import * as answers from '../../src/sandbox/api/answers.ts'
import { AppError } from '../../src/errors.ts'
import { Logger } from '../../src/logger.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import { ApiClient } from '../../src/tap/api/client.ts'
import * as programs from '../support/programs.ts'
import { assertNoSecrets } from '../support/secrets.ts'
import { CANARY, workspaceOf } from './workspace.ts'

/** Every way in which a program could print an object. */
function shownForms(value: unknown): string[] {
  return [
    JSON.stringify(value) ?? '',
    inspect(value, { depth: 20, showHidden: true }),
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    String(value),
    value instanceof Error ? (value.stack ?? '') : '',
  ]
}

test('S1: settings, clients and errors never show the key, however they are printed', async (t) => {
  const workspace = await workspaceOf(t)
  const path = await programs.writeJson(workspace.folder, 'shown.json', {
    app_api_key: CANARY,
    api_url: workspace.sandbox.url,
  })
  const config = await loadConfig<TapConfig>(tapSettings, {
    paths: [path],
    envPrefix: 'TAP_CUSTOMERIO',
    env: {},
  })
  assert.equal(config.app_api_key, CANARY)
  const lines: string[] = []
  const logger = new Logger({
    name: 'test',
    level: 'debug',
    format: 'plain',
    write: (line) => lines.push(line),
  })
  const { signal } = new AbortController()
  const client = new ApiClient({
    config: { ...config, retry_budget_seconds: 0 },
    logger,
    signal,
    env: {},
  })
  t.after(() => client.close())
  const shown = [...shownForms(config), ...shownForms(client), ...shownForms(logger)]
  const faults = [
    answers.echoAuthorization(401),
    answers.echoAuthorization(200),
    answers.reset('half-head'),
    answers.htmlPage(200),
  ]
  for (const respond of faults) {
    workspace.sandbox.faults.add({ times: 1, respond })
    const error: unknown = await client
      .get({
        path: '/newsletters',
        read: () => {
          throw new AppError('BAD_RESPONSE', 'No list.')
        },
      })
      .catch((failure: unknown) => failure)
    assert.ok(error instanceof AppError)
    shown.push(...shownForms(error), ...shownForms(error.cause))
  }
  assertNoSecrets(
    [CANARY],
    [...shown, ...lines].map((text) => ['a shown object', text] as const),
  )
})

/** Simulates a bug: throws an object with the key after the tap has connected. */
const BUG = `
const wait = setInterval(() => {
  if (!process.getActiveResourcesInfo().includes('TCPSocketWrap')) return
  clearInterval(wait)
  const text = 'bug with ' + process.env.TAP_CUSTOMERIO_APP_API_KEY
  if (process.env.BUG === 'thrown') throw new Error(text)
  Promise.reject(new Error(text))
}, 20)`

test('S1: an uncaught error ends the run with 1, and its message is masked', async (t) => {
  const { sandbox } = await workspaceOf(t)
  sandbox.faults.add({ respond: answers.delayed(60_000) })
  for (const bug of ['thrown', 'rejected']) {
    const { code, stderr } = await programs.run('tap-customerio', {
      args: ['--config', 'ENV'],
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(BUG)}`],
      env: {
        TAP_CUSTOMERIO_APP_API_KEY: CANARY,
        TAP_CUSTOMERIO_API_URL: sandbox.url,
        BUG: bug,
      },
    })
    assert.equal(code, 1, stderr)
    assert.match(
      stderr,
      /^CRITICAL Unexpected error. Please report it as a bug: Error: bug with \*\*\*/m,
    )
  }
})

test('S2: refuses a key among the arguments without repeating it', async () => {
  for (const args of [[`--app_api_key=${CANARY}`], ['--app_api_key', CANARY], [CANARY]]) {
    const { code, stderr } = await programs.run('tap-customerio', { args })
    assert.equal(code, 2)
    assertNoSecrets([CANARY], [['stderr', stderr]])
  }
})

/** The tests of `endpoint.ts` have more. */
const UNSAFE_URLS = [
  'http://169.254.169.254/v1',
  'http://3232235777/v1',
  'https://user:hidden-word-5@api.customer.io/v1',
  'https://api.customer.io/v1?key=hidden-word-5',
  'file:///etc/passwd',
]

test('S5, S6: refuses a URL that could leak the key before any request', async (t) => {
  const workspace = await workspaceOf(t)
  for (const api_url of UNSAFE_URLS) {
    const refused = await workspace.failing(2, { settings: { api_url } })
    assert.match(refused.stderr, /^CRITICAL `api_url` must /)
    assert.doesNotMatch(refused.stderr, /hidden-word-5/)
  }
  assert.equal(workspace.sandbox.requests.length, 0)
})

test('S2: refuses a key in the wrong setting without repeating it', async (t) => {
  const workspace = await workspaceOf(t)
  const address = `https://${encodeURIComponent(CANARY)}@api.customer.io:x/v1`
  for (const settings of [{ api_url: address }, { region: CANARY }, { cutoff_days: CANARY }]) {
    const refused = await workspace.failing(2, { settings })
    assert.match(refused.stderr, /^CRITICAL The configuration is invalid: `/)
    assertNoSecrets([CANARY], [['stderr', refused.stderr]])
  }
})

test('S7: never sends back a cookie that a response sets', async (t) => {
  const workspace = await workspaceOf(t)
  const headers = { 'set-cookie': 'session=1; Path=/' }
  workspace.sandbox.faults.add({ respond: answers.changeBytes((body) => body, headers) })
  await workspace.healthy()
  const cookies = workspace.sandbox.requests.filter((one) => one.headers.cookie !== undefined)
  assert.equal(cookies.length, 0)
})

test('S11: masks and escapes ten megabytes quickly', () => {
  const lines: string[] = []
  const logger = new Logger({
    name: 'test',
    level: 'info',
    format: 'plain',
    write: (line) => lines.push(line),
  })
  logger.mask(CANARY)
  logger.info('stopped', `${CANARY.slice(0, -1)} ${'\u001b[31m<<<< '.repeat(1_000_000)}${CANARY}`)
  assert.ok(lines[0]?.endsWith('***\n'))
  assert.ok(!lines[0]?.includes('\u001b'))
})

test('S13: refuses endless headers, and ends an endless body at the timeout', async (t) => {
  const workspace = await workspaceOf(t, {}, { retry_budget_seconds: 0 })
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`x-${at}`, 'y']))
  const { faults } = workspace.sandbox
  faults.add({ match: /newsletters/, respond: answers.changeBytes((body) => body, many) })
  faults.add({ match: /campaigns$/, respond: answers.slow(1, 50) })
  const failed = await workspace.failing(5, { settings: { request_timeout_seconds: 1.5 } })
  assert.match(
    failed.stderr,
    /newsletters: GET \/newsletters got no complete response \(Headers Overflow/,
  )
  assert.match(
    failed.stderr,
    /campaigns: GET \/campaigns got no complete response \(timeout of 1\.5 s\)/,
  )
  faults.clear()
  await workspace.healthy()
})

test('S14: names with line ends and escape sequences forge no log line, plain or JSON', async (t) => {
  const workspace = await workspaceOf(t, {}, { retry_budget_seconds: 0 })
  const forged = 'x\r\nCRITICAL forged \u001b]0;title\u0007 \u202e'
  workspace.sandbox.faults.add({ respond: answers.errorStatus(400, forged) })
  const logConfig = await programs.writeJson(workspace.folder, 'log.json', {
    formatters: { singer_formatter: { '()': 'singer_sdk.logging.StructuredFormatter' } },
  })
  const plain = await workspace.sync()
  const json = await workspace.sync({ env: { SINGER_SDK_LOG_CONFIG: logConfig } })
  for (const { code, stderr } of [plain, json]) {
    assert.equal(code, 5)
    assert.doesNotMatch(stderr, /^CRITICAL forged/m)
    // oxlint-disable-next-line no-control-regex -- none may be left
    assert.doesNotMatch(stderr, /[\u0000-\u0009\u000b-\u001f\u202e]/)
  }
  for (const line of json.stderr.trimEnd().split('\n')) JSON.parse(line)
})
