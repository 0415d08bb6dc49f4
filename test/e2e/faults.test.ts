import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  htmlPage,
  nextAs,
  redirect,
  repeatedCursor,
  replyWith,
  reset,
} from '../../src/sandbox/answers.ts'
import type { Answer } from '../../src/sandbox/faults.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { lastStateOf, recordsOf, run, temporaryFolder, writeJson } from '../programs.ts'

const KEY = 'canary-5e07a9c4d1'
const FORMS = [
  KEY,
  Buffer.from(KEY).toString('base64').replace(/=+$/, ''),
  Buffer.from(KEY).toString('hex'),
]

/** Faults that pass: the run that meets one is complete. */
const PASSING: Record<string, () => Answer> = {
  'status 500': () => errorStatus(500),
  'status 408': () => errorStatus(408),
  'status 524': () => errorStatus(524),
  'a reset before the head': () => reset('nothing'),
  'a reset in the head': () => reset('half-head'),
  'a reset in the body': () => reset(20),
  'a body shorter than its length': () => cut(20, 'length'),
  'chunks without an end': () => cut(Number.POSITIVE_INFINITY, 'chunked'),
  'a body that the connection cuts': () => cut(20, 'close'),
  'a page of HTML with status 200': () => htmlPage(200),
  'an empty body': () => replyWith({}),
  'status 204': () => replyWith({ status: 204 }),
  'errors with status 200': () => errorStatus(200),
  'no data key': () => dataAs(undefined),
  'an object in place of the list': () => dataAs({}),
  'an object as the next cursor': () => nextAs({ page: 2 }),
  'a body that is not in UTF-8': () =>
    changeBytes((bytes) =>
      Buffer.concat([bytes.subarray(0, 1), Buffer.from([0xff]), bytes.subarray(1)]),
    ),
  'gzip that is none': () => compressed('identity', 'gzip'),
  'an answer that takes too long': () => delayed(3000),
}

/** Faults that stay: the run fails, and the next healthy one is complete. */
const LASTING: Record<string, () => Answer> = {
  'status 400': () => errorStatus(400),
  'status 501': () => errorStatus(501),
  'a redirect': () => redirect(307, 'http://127.0.0.1:1/'),
  'a key that is echoed': () => echoAuthorization(500),
  'a cursor that comes back': () => repeatedCursor(1),
  'cursors without an end': () => endlessCursors('same'),
  'a body that unpacks beyond every bound': () => gzipBomb(300 * 1024 * 1024),
}

/** Answers that are as good as the usual ones. */
const HARMLESS: Record<string, () => Answer> = {
  gzip: () => compressed('gzip'),
  brotli: () => compressed('br'),
  deflate: () => compressed('deflate'),
  'null as the last cursor': () => nextAs(null),
}

async function workspace(t: Parameters<typeof temporaryFolder>[0]) {
  const sandbox = await startSandbox({
    apiKey: KEY,
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: { examples: false, newsletters: 30, campaigns: 4, actionsPerCampaign: 3 },
  })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const settings = { app_api_key: KEY, api_url: sandbox.url, requests_per_second: 300 }
  const limits = { retry_budget_seconds: 3, request_timeout_seconds: 1.5 }
  const config = await writeJson(folder, 'tap.json', { ...settings, ...limits })
  const sync = async (state: unknown = {}) => {
    const path = await writeJson(folder, 'state.json', state)
    const finished = await run('tap-customerio', { args: ['--config', config, '--state', path] })
    const said = finished.stdout + finished.stderr
    for (const form of FORMS) assert.ok(!said.includes(form), 'the key was told')
    return finished
  }
  return { sandbox, sync }
}

function actionKeys(stdout: string): string[] {
  return recordsOf(stdout, 'campaign_actions').map(({ id }) => id as string)
}

for (const [name, respond] of Object.entries({ ...PASSING, ...HARMLESS })) {
  test(`loses nothing to ${name}`, async (t) => {
    const { sandbox, sync } = await workspace(t)
    sandbox.faults.add({ match: /\/campaigns\/1002\/actions/, times: 1, respond: respond() })
    const { code, stdout, stderr } = await sync()
    assert.equal(code, 0, stderr)
    assert.deepEqual(actionKeys(stdout), [...new Set(actionKeys(stdout))])
    assert.equal(actionKeys(stdout).length, 12)
  })
}

for (const [name, respond] of Object.entries(LASTING)) {
  test(`says so, keeps its bookmark and is complete after ${name}`, async (t) => {
    const { sandbox, sync } = await workspace(t)
    sandbox.faults.add({ match: /\/campaigns\/1002\/actions/, respond: respond() })
    const failed = await sync()
    assert.equal(failed.code, 5, failed.stderr)
    const state = lastStateOf(failed.stdout)
    assert.match(
      JSON.stringify(state),
      /"campaign_actions":\{"replication_key":"updated","replication_key_value":null/,
    )
    assert.ok(!failed.stderr.includes('    at '), failed.stderr)
    sandbox.faults.clear()
    const healthy = await sync(state)
    assert.equal(healthy.code, 0, healthy.stderr)
    const read = new Set([...actionKeys(failed.stdout), ...actionKeys(healthy.stdout)])
    assert.equal(read.size, 12)
  })
}
