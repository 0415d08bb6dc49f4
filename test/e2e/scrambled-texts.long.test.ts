import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { RunRecord } from '../../src/runner/history/record.ts'
import { errorStatus, rateLimited } from '../../src/sandbox/api/answers.ts'
import type { Answer } from '../../src/sandbox/api/faults.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { makeAuthority } from '../support/network/certificates.ts'
import { startConnectProxy } from '../support/network/connect-proxy.ts'
import { run, temporaryFolder } from '../support/programs.ts'
import { setUp, type RunnerOptions } from './support/runner.ts'

const PRELOAD = new URL('support/scrambling.js', import.meta.url).href
const SCRAMBLED = { NODE_OPTIONS: `--import ${PRELOAD}`, SCRAMBLE_SEED: '20261126' }
const HOUR_MS = 3_600_000

type Environment = Record<string, string>

/** The facts of a run record, without ids, times and texts. */
function factsOf(record: RunRecord): JsonObject {
  const { outcome, exit_status, error, requests, retries, rate_limited, streams } = record
  return {
    outcome,
    exit_status,
    error: error && { program: error.program, code: error.code },
    requests,
    retries,
    rate_limited,
    streams: streams.map(({ seconds: _seconds, ...stream }) => ({ ...stream })),
  }
}

/** Findings of `check`, without texts. */
async function checkFacts(t: TestContext, env: Environment, options: RunnerOptions = {}) {
  const { sandbox, sync } = await setUp(t, options)
  sandbox.faults.add({ match: /\/campaigns/, respond: errorStatus(403) })
  const late = new Date(Date.now() + HOUR_MS).toUTCString()
  const respond: Answer = {
    reply: (genuine) => ({ ...genuine, headers: { ...genuine.headers, date: late } }),
  }
  sandbox.faults.add({ respond })
  const { code, stdout } = await sync(['check', '--json'], { env })
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; status: string; code: string | null }[]
  }
  return {
    code,
    findings: findings.map((finding) => [finding.check, finding.status, finding.code]),
  }
}

/** The region that `init` finds for a key of the other region. */
async function regionFacts(t: TestContext, env: Environment) {
  const folder = await temporaryFolder(t)
  const authority = await makeAuthority(folder)
  const tls = await authority.issue(['DNS:api.customer.io', 'DNS:api-eu.customer.io'])
  const rate = { perSecond: Number.POSITIVE_INFINITY }
  const us = await startSandbox({ tls, rate, apiKey: 'a-key-of-nobody' })
  t.after(() => us.close())
  const eu = await startSandbox({ tls, rate, region: 'eu' })
  t.after(() => eu.close())
  const routes = { 'api.customer.io:443': us.port, 'api-eu.customer.io:443': eu.port }
  const proxy = await startConnectProxy({ routes })
  t.after(() => proxy.close())
  const { code, stderr } = await run('customerio-sync', {
    args: ['init', '--schedule', 'manual'],
    cwd: folder,
    env: {
      ...env,
      CUSTOMERIO_APP_API_KEY: eu.apiKey,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: authority.file,
    },
  })
  const text = await readFile(join(folder, 'connection.json'), 'utf8')
  const { source } = JSON.parse(text) as { source: JsonObject }
  return { code, stderr, region: source['region'] }
}

/** A run with retries, a run without changes, their history, and the status after them. */
async function runFacts(t: TestContext, env: Environment) {
  const { sandbox, sync } = await setUp(t)
  sandbox.faults.add({ match: /\/newsletters/, times: 2, respond: errorStatus(500) })
  sandbox.faults.add({ match: /\/campaigns/, times: 1, respond: rateLimited('0') })
  const codes = [(await sync(['run'], { env })).code, (await sync(['run'], { env })).code]
  const history = JSON.parse((await sync(['history', '--json'], { env })).stdout) as RunRecord[]
  const status = JSON.parse((await sync(['status', '--json'], { env })).stdout) as JsonObject
  const last = status['last_run'] as unknown as RunRecord
  return {
    codes,
    history: history.map(factsOf),
    last: factsOf(last),
    tables: status['tables'],
    error: status['warehouse_error'],
  }
}

/** A run whose key the API refuses. */
async function refusedFacts(t: TestContext, env: Environment) {
  const { sync } = await setUp(t, { source: { app_api_key: 'a-wrong-key' } })
  const { code } = await sync(['run'], { env })
  const history = JSON.parse((await sync(['history', '--json'], { env })).stdout) as RunRecord[]
  return { code, history: history.map(factsOf) }
}

async function allFacts(t: TestContext, env: Environment) {
  return {
    check: await checkFacts(t, env),
    refusedCheck: await checkFacts(t, env, { source: { app_api_key: 'a-wrong-key' } }),
    region: await regionFacts(t, env),
    run: await runFacts(t, env),
    refused: await refusedFacts(t, env),
  }
}

test('outcomes, error codes, run stats, findings and the region do not depend on message texts', async (t) => {
  const plain = await allFacts(t, {})
  const { check, refusedCheck, region, run: runs, refused } = plain
  assert.equal(check.code, 4)
  assert.deepEqual(check.findings.slice(1, 6), [
    ['key', 'ok', null],
    ['newsletters', 'ok', null],
    ['campaigns', 'failed', 'FORBIDDEN'],
    ['campaign_actions', 'failed', 'FORBIDDEN'],
    ['clock', 'warning', null],
  ])
  assert.deepEqual(refusedCheck.findings[1], ['key', 'failed', 'UNAUTHORIZED'])
  assert.deepEqual([region.code, region.region], [0, 'eu'])
  assert.deepEqual(runs.codes, [0, 0])
  assert.deepEqual(
    runs.history.map((record) => [record['retries'], record['rate_limited']]),
    [
      [0, 0],
      [3, 1],
    ],
  )
  assert.deepEqual(refused.history[0]?.['error'], {
    program: 'tap-customerio',
    code: 'UNAUTHORIZED',
  })

  assert.deepEqual(await allFacts(t, SCRAMBLED), plain)
})
