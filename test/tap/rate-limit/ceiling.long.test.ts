/** The ceiling of 10 requests a second as the server sees it, with the real tap. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite, test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import {
  countOver,
  startStage,
  type Stage,
  type StageOptions,
} from '../../support/network/ceiling.ts'
import { collect, recordsOf, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

const WORLD = { newsletters: 10, campaigns: 32, actionsPerCampaign: 3, examples: false }
const REQUESTS = 34
const JITTER_MS = 50
/** Long enough for responses to arrive late, and shorter than the second of the limit. */
const SUSPENDED_MS = 700

async function stageOf(t: TestContext, options: StageOptions): Promise<Stage> {
  const stage = await startStage({ world: WORLD, jitterMs: JITTER_MS, ...options })
  t.after(() => stage.close())
  return stage
}

interface Doing {
  env?: Record<string, string>
  /** What happens to the tap while it runs. */
  meanwhile?: (tap: ReturnType<typeof start>) => Promise<void>
}

/**
 * Runs the tap to its end, which must be a good one with every action, and asserts that the ceiling
 * held.
 */
async function assertCeiling(t: TestContext, stage: Stage, doing: Doing = {}): Promise<void> {
  const config = await writeJson(await temporaryFolder(t), 'config.json', {
    app_api_key: stage.sandbox.apiKey,
    api_url: stage.url,
  })
  const tap = start('tap-customerio', { args: ['--config', config], env: doing.env ?? {} })
  tap.stdin.end()
  const [{ code, stdout, stderr }] = await Promise.all([collect(tap), doing.meanwhile?.(tap)])
  assert.equal(code, 0, stderr)
  assert.equal(recordsOf(stdout, 'campaign_actions').length, 96)
  const { requests, over, unclear } = stage.count()
  if (unclear > 0) t.diagnostic(`${unclear} arrivals were unclear, for this process was held up`)
  assert.ok(requests >= REQUESTS)
  assert.equal(over, 0)
}

/** A certificate for 127.0.0.1 that the tap trusts through NODE_EXTRA_CA_CERTS. */
async function selfSigned(folder: string): Promise<{ key: string; cert: string; file: string }> {
  const key = join(folder, 'key.pem')
  const file = join(folder, 'cert.pem')
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', file])
  return { key: await readFile(key, 'utf8'), cert: await readFile(file, 'utf8'), file }
}

suite(
  'with up to 50 ms of jitter, no rolling second has an eleventh request',
  { concurrency: 2 },
  () => {
    for (const latencyMs of [20, 100, 300, 800]) {
      test(`at ${latencyMs} ms of latency`, async (t) => {
        await assertCeiling(
          t,
          await stageOf(t, { latency: { fixedMs: latencyMs }, seed: latencyMs }),
        )
      })
    }

    test('when the server is sometimes slow', async (t) => {
      await assertCeiling(t, await stageOf(t, { latency: { fixedMs: 20, jitterMs: 400 } }))
    })

    test('with 429s, failures and truncated responses in between', async (t) => {
      const stage = await stageOf(t, {
        latency: { fixedMs: 100 },
        rate: { perSecond: 8, retryAfter: '1' },
      })
      const match = /actions/
      stage.sandbox.faults.add({
        match,
        after: 5,
        times: 2,
        respond: { reply: (genuine) => ({ ...genuine, status: 503 }) },
      })
      stage.sandbox.faults.add({
        match,
        after: 14,
        times: 2,
        respond: { deliver: { until: 100, ending: 'reset' } },
      })
      await assertCeiling(t, stage)
      const statuses = stage.sandbox.requests.map(({ status }) => status)
      for (const status of [429, 503]) assert.ok(statuses.includes(status), `no ${status} was sent`)
    })

    test('when the tap is suspended and continues', async (t) => {
      const stage = await stageOf(t, { latency: { fixedMs: 100 } })
      const meanwhile = async (tap: ReturnType<typeof start>) => {
        for (const count of [8, 16, 26]) {
          await until(() => stage.sandbox.requests.length >= count || tap.exitCode !== null, {
            what: `${count} requests`,
          })
          tap.kill('SIGSTOP')
          await sleep(SUSPENDED_MS)
          tap.kill('SIGCONT')
        }
      }
      await assertCeiling(t, stage, { meanwhile })
    })

    test('when the first connections open slowly', async (t) => {
      const { file, ...tls } = await selfSigned(await temporaryFolder(t))
      const stage = await stageOf(t, { latency: { fixedMs: 100 }, tls, openingMs: 300 })
      await assertCeiling(t, stage, { env: { NODE_EXTRA_CA_CERTS: file } })
    })
  },
)

test('counts an eleventh request within a second, unless this process was blocked when the first arrived', () => {
  const arrivals = [1000, ...Array.from({ length: 9 }, (_, index) => 1100 + index), 1999, 2100]
  assert.deepEqual(countOver(arrivals, 10, []), { requests: 12, over: 1, unclear: 0 })
  const away = [{ from: 950, to: 999 }]
  assert.deepEqual(countOver(arrivals, 10, away), { requests: 12, over: 0, unclear: 1 })
  const elsewhere = [{ from: 1950, to: 1998 }]
  assert.deepEqual(countOver(arrivals, 10, elsewhere), { requests: 12, over: 1, unclear: 0 })
})
