import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { WAREHOUSES } from '../conformance/support/warehouses.ts'
import { lastStateOf, ROOT, run, temporaryFolder, writeJson } from '../support/programs.ts'
import { noteResult } from './results.ts'
import { programOf } from './venvs.ts'
import { command, installPrograms } from './workspace.ts'

/**
 * Uses stdin. With `--tap`, singer-check-tap does not wait for its own reader and fails randomly
 * with a tap as fast as ours (seen with 0.4.1).
 */
test("singer-tools' singer-check-tap finds no error, with and without a state", async (t) => {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const settings = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 }
  const args = ['--config', await writeJson(folder, 'tap.json', settings)]
  for (let round = 0; round < 2; round++) {
    const tap = await run('tap-customerio', { args })
    assert.equal(tap.code, 0, tap.stderr)
    const path = programOf('singer-tools', 'singer-check-tap')
    const checked = await command(path, [], { cwd: folder, stdin: tap.stdout })
    assert.equal(checked.code, 0, checked.stdout + checked.stderr)
    assert.match(checked.stdout, /The output is valid/)
    args.push('--state', await writeJson(folder, 'state.json', lastStateOf(tap.stdout)))
  }
  await noteResult('singer-tools', { kind: 'under', outcome: 'singer-check-tap finds no error' })
})

for (const { name, create } of WAREHOUSES) {
  test(`the Meltano SDK's stock tap and target suites pass unmodified (${name})`, async (t) => {
    const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
    t.after(() => sandbox.close())
    const warehouse = await create(t)
    const bin = await installPrograms(await temporaryFolder(t))
    const done = await command(
      programOf('sdk-suites', 'python'),
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--tb=short', 'test/interop/sdk'],
      {
        cwd: ROOT,
        env: {
          INTEROP_BIN: bin,
          INTEROP_API_KEY: sandbox.apiKey,
          INTEROP_API_URL: sandbox.url,
          INTEROP_WAREHOUSE_URL: warehouse.url,
        },
      },
    )
    assert.equal(done.code, 0, done.stdout + done.stderr)
    const counts = /(\d+) passed/.exec(done.stdout)?.[1]
    await noteResult('sdk-suites', {
      kind: 'under',
      program: 'singer-sdk',
      outcome: `its stock tap and target suites: ${counts} passed (${name})`,
    })
  })
}
