import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import {
  changeBody,
  delayed,
  echoAuthorization,
  errorStatus,
} from '../../src/sandbox/api/answers.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/api/server.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { idText } from '../../src/sandbox/world.ts'
import { isJsonObject, printJson, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import * as programs from '../support/programs.ts'
import { bounded } from '../support/wait.ts'

/** Longer than a run takes, but not as long as a response that never comes. */
const TIMEOUT_MS = bounded(3000)

interface Setup {
  sandbox: Sandbox
  args: string[]
}

async function setUp(
  t: TestContext,
  settings: JsonObject = {},
  options: SandboxOptions = {},
): Promise<Setup> {
  const sandbox = await startSandbox({ rate: { perSecond: Infinity }, ...options })
  t.after(() => sandbox.close())
  const config = await programs.writeJson(await programs.temporaryFolder(t), 'config.json', {
    app_api_key: sandbox.apiKey,
    api_url: sandbox.url,
    requests_per_second: 500,
    ...settings,
  })
  return { sandbox, args: ['--config', config] }
}

async function runTap(args: string[]): Promise<programs.Finished> {
  return programs.run('tap-customerio', { args, timeoutMs: TIMEOUT_MS })
}

/** Streams with a bookmark in the last STATE. Fails when one of them is unfinished. */
function finishedStreams(stdout: string): string[] {
  const bookmarks = (programs.lastStateOf(stdout)?.['bookmarks'] ?? {}) as Record<
    string,
    JsonObject
  >
  return Object.keys(bookmarks).filter(
    (stream) => (bookmarks[stream]?.['progress'] ?? null) === null,
  )
}

function criticalLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('CRITICAL'))
}

function assertSecret(key: string, { stdout, stderr }: programs.Finished): void {
  for (const form of [key, encodeURIComponent(key), Buffer.from(key).toString('base64')]) {
    assert.equal(`${stdout}${stderr}`.includes(form), false)
  }
}

test('T46: a rejected key ends the run with 3 and never appears in the output', async (t) => {
  const key = 'a wrong+key/with=signs'
  const { args } = await setUp(t, { app_api_key: ` ${key}\n` })
  const finished = await runTap(args)
  assert.equal(finished.code, 3)
  assert.deepEqual(criticalLines(finished.stderr), [
    "CRITICAL Customer.io returned 401 for GET /newsletters: unauthorized. Check that `app_api_key` is an App API key (not a Track API key), that `region` (us) is the account's region, and that the key's IP allowlist includes this machine. code=UNAUTHORIZED status=401",
  ])
  assert.equal(programs.lastStateOf(finished.stdout), undefined)
  assertSecret(key, finished)
})

test('masks a key that an error page repeats', async (t) => {
  const key = 'a key+with/signs='
  const { args, sandbox } = await setUp(t, { app_api_key: key })
  sandbox.keys.set(key, { region: 'us' })
  sandbox.faults.add({ respond: echoAuthorization(400) })
  const finished = await runTap(args)
  assert.equal(finished.code, 5)
  assert.match(finished.stderr, /returned 400 for GET \/newsletters: Bearer \*\*\* \*\*\* \*\*\*/)
  assertSecret(key, finished)
})

test('T47: exits with 4 when the key may not read a stream, and completes the others', async (t) => {
  const { args, sandbox } = await setUp(t)
  sandbox.keys.set(sandbox.apiKey, { region: 'us', refused: ['campaign_actions'] })
  const { code, stdout, stderr } = await runTap(args)
  assert.equal(code, 4)
  assert.deepEqual(finishedStreams(stdout), ['newsletters', 'campaigns'])
  assert.equal(programs.recordsOf(stdout, 'newsletters').length, sandbox.world.newsletters.length)
  assert.equal(programs.recordsOf(stdout, 'campaigns').length, sandbox.world.campaigns.length)
  assert.deepEqual(criticalLines(stderr), [
    'CRITICAL Not all streams were read. campaign_actions: Customer.io returned 403 for GET /campaigns/1/actions: forbidden (reference a1b2c3). Give the App API key the scope that reads this, or deselect the stream. An IP allowlist may also exclude this machine. code=FORBIDDEN failed_streams=campaign_actions',
  ])
})

test('T29: exits with 5 when a server keeps failing until the retry budget is used up', async (t) => {
  const { args, sandbox } = await setUp(t, { retry_budget_seconds: 1 })
  sandbox.faults.add({ match: /newsletters/, respond: errorStatus(500) })
  const { code, stdout, stderr } = await runTap(args)
  assert.equal(code, 5)
  assert.deepEqual(finishedStreams(stdout), ['campaigns', 'campaign_actions'])
  assert.deepEqual(criticalLines(stderr), [
    'CRITICAL Not all streams were read. newsletters: Customer.io returned 500 for GET /newsletters: something failed (reference a1b2c3). The records that were read are kept; the next run reads these streams from their last bookmarks. code=API_UNAVAILABLE failed_streams=newsletters',
  ])
})

test('T56: SIGTERM ends the run with 143, whole lines and a STATE that the next run resumes from', async (t) => {
  const { args, sandbox } = await setUp(t)
  sandbox.faults.add({ match: /campaigns\/20\/actions/, respond: delayed(2 * TIMEOUT_MS) })
  const child = programs.start('tap-customerio', { args, timeoutMs: TIMEOUT_MS })
  const collected = programs.collect(child)
  let seen = ''
  child.stdout.on('data', (chunk: string) => {
    seen += chunk
    if (seen.includes('"last_campaign_id":15') && !child.killed) child.kill('SIGTERM')
  })
  const { code, stdout, stderr } = await collected
  assert.equal(code, 143, `${stderr}\n${stdout.slice(-1000)}`)
  assert.match(stderr, /^INFO Stopped by SIGTERM\.$/m)
  assert.ok(stdout.endsWith('\n'))
  assert.deepEqual(finishedStreams(stdout), ['newsletters', 'campaigns'])
  sandbox.faults.clear()
  const state = await programs.writeJson(
    await programs.temporaryFolder(t),
    'state.json',
    programs.lastStateOf(stdout),
  )
  const next = await runTap([...args, '--state', state])
  assert.equal(next.code, 0, next.stderr)
  assert.deepEqual(finishedStreams(next.stdout), ['newsletters', 'campaigns', 'campaign_actions'])
  const order = programs.recordsOf(next.stdout, 'campaign_actions').map((row) => row['campaign_id'])
  assert.deepEqual([order[0], order.includes(21)], [20, true])
  const actions = [...sandbox.world.actions.values()].flat()
  const read = [stdout, next.stdout].flatMap((out) => programs.recordsOf(out, 'campaign_actions'))
  assert.deepEqual(new Set(read.map(({ id }) => id)), new Set(actions.map(({ id }) => idText(id))))
  // Of finished campaigns, the next run writes only what is as new as the bookmark.
  assert.ok(read.length <= actions.length + 1, `${read.length} of ${actions.length}`)
})

test('T58: exits with 1 and one sentence when the reader closes the pipe', async (t) => {
  const { args } = await setUp(t, {}, { world: { newsletters: 500, campaigns: 40 } })
  const child = programs.start('tap-customerio', { args, timeoutMs: TIMEOUT_MS })
  const collected = programs.collect(child)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const { code, stderr } = await collected
  assert.equal(code, 1)
  assert.deepEqual(criticalLines(stderr), [
    'CRITICAL The reader of the output closed it before the end. Check the log of the program that the output is piped into. code=OUTPUT_CLOSED',
  ])
  assert.doesNotMatch(stderr, /^\s+at /m)
})

test('T-16: --test reads one record per stream and writes no STATE', async (t) => {
  const { args, sandbox } = await setUp(t)
  const { code, stdout } = await runTap([...args, '--test'])
  assert.equal(code, 0)
  assert.deepEqual(
    programs.messagesOf(stdout).map((one) => `${one.type} ${'stream' in one ? one.stream : ''}`),
    ['newsletters', 'campaigns', 'campaign_actions'].flatMap((stream) => [
      `SCHEMA ${stream}`,
      `RECORD ${stream}`,
    ]),
  )
  assert.ok(sandbox.requests.length <= 6)
})

function withTextId(campaign: JsonValue): JsonValue {
  return isJsonObject(campaign) ? { ...campaign, id: printJson(campaign['id'] ?? null) } : campaign
}

test('T-16: --test accepts campaign IDs as strings and skips campaigns deleted meanwhile', async (t) => {
  const { args, sandbox } = await setUp(t)
  sandbox.faults.add({
    match: /campaigns$/,
    respond: changeBody((body) => ({
      ...body,
      campaigns: (body['campaigns'] as JsonValue[]).map(withTextId),
    })),
  })
  sandbox.faults.add({ match: /actions/, times: 1, respond: errorStatus(404) })
  const { code, stdout, stderr } = await runTap([...args, '--test'])
  assert.equal(code, 0, stderr)
  assert.equal(programs.recordsOf(stdout, 'campaign_actions').length, 1)
  const paths = sandbox.requests.map(({ path }) => path).filter((path) => path.endsWith('/actions'))
  assert.ok(paths.length > 1)
  for (const path of paths) assert.match(path, /\/campaigns\/\d+\/actions$/)

  sandbox.faults.add({ match: /actions/, respond: errorStatus(404) })
  const failed = await runTap([...args, '--test'])
  assert.equal(failed.code, 5, failed.stderr)
  assert.match(
    criticalLines(failed.stderr)[0] ?? '',
    /404 for GET \/campaigns\/\d+\/actions: .*code=NOT_FOUND/,
  )
})
