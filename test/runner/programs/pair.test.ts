import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runPair, type PairOptions } from '../../../src/runner/programs/pair.ts'
import { outputOf } from '../../../src/runner/programs/program.ts'
import { rateLimited } from '../../../src/sandbox/api/answers.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import { childrenOf, temporaryFolder } from '../../support/programs.ts'

/** A pair whose tap says that it must wait, and waits. */
async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t)
  const sandbox = await startSandbox()
  t.after(async () => sandbox.close())
  sandbox.faults.add({ respond: rateLimited('60') })
  const { PATH } = process.env
  const pair: PairOptions = {
    tapArgs: ['--config', 'ENV'],
    tapEnv: {
      PATH,
      TAP_CUSTOMERIO_APP_API_KEY: sandbox.apiKey,
      TAP_CUSTOMERIO_API_URL: sandbox.url,
    },
    targetArgs: ['--config', 'ENV'],
    targetEnv: {
      PATH,
      TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${join(folder, 'warehouse.duckdb')}`,
    },
    cwd: folder,
    onLog: () => undefined,
    signal: new AbortController().signal,
  }
  return pair
}

const noSpace = () => {
  throw new Error('no space left for the log')
}

test('both programs have ended when what takes their log fails', async (t) => {
  const pair = await setUp(t)
  await assert.rejects(runPair({ ...pair, onLog: noSpace }), /no space left for the log/)
  assert.deepEqual(await childrenOf(process.pid), [])
})

test('a program has ended when what takes its log fails', async (t) => {
  const { tapArgs: args, tapEnv: env, cwd, signal } = await setUp(t)
  const call = outputOf('tap-customerio', { args, env, cwd, signal, onLog: noSpace })
  await assert.rejects(call, /no space left for the log/)
  assert.deepEqual(await childrenOf(process.pid), [])
})
