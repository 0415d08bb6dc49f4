import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import { startRegions } from '../support/network/regions.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'

test('a key test without an address finds the region of the key', async (t) => {
  const { us, eu, env } = await startRegions(t)
  const { folder } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder, { env }))
  const testKey = async (app_api_key: string) =>
    (await client.ok<Api<'KeyTest'>>('testKey', { body: { source: { app_api_key } } })).body
  for (const [region, sandbox] of Object.entries({ us, eu })) {
    const tested = await testKey(sandbox.apiKey)
    assert.deepEqual([tested.region, tested.is_working], [region, true], JSON.stringify(tested))
    assert.deepEqual(
      tested.findings.map(({ check }) => check),
      ['key', 'newsletters', 'campaigns', 'campaign_actions', 'clock'],
    )
  }
  const wrong = await testKey('key-of-nobody-1')
  assert.deepEqual(
    [wrong.region, wrong.is_working, wrong.findings[0]?.code],
    [null, false, 'UNAUTHORIZED'],
  )
})
