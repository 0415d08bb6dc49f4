import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'
import { assertHidden, versionOf } from './support/documents.ts'

const VALUE = 'value-of-a-variable-1'

test('who has logged in cannot read the environment variables of the console', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { source: { app_api_key: '${CIO_TEST_KEY}' } })
  await connect('odd', { destination: { warehouse_url: '${CIO_TEST_KEY}', table_prefix: 'odd_' } })
  const env = { CIO_TEST_KEY: VALUE }
  const running = await startConsole(t, folder, { args: ['--no-schedules'], env })
  const client = await logIn(running)
  const params = { name: 'eu' }
  const read = await client.ok<Api<'ConnectionDetail'>>('getConnection', { params })
  assert.deepEqual(read.body.problems, [])
  const path = join(folder, 'connections/eu.json')
  const before = await readFile(path, 'utf8')
  const reference = '${CIO_TEST_KEY}'
  const patches: JsonObject[] = [
    { destination: { default_target_schema: reference } },
    { destination: { warehouse_url: `postgres://u:p@h/${reference}` } },
    { data_folder: reference },
    { schedule: { type: 'cron', expression: reference } },
    { source: { api_url: 'https://other.example.com' } },
  ]
  for (const body of patches) {
    const reply = await client.call('patchConnection', { params, headers: versionOf(read), body })
    assert.equal(reply.status, 422, JSON.stringify(body))
  }
  assert.equal(await readFile(path, 'utf8'), before)
  const schedule = { type: 'cron', expression: '* * * * *', timezone: reference }
  const preview = await client.ok('previewSchedule', { body: { schedule } })
  assert.equal(preview.body['is_valid'], false)
  const source = { app_api_key: reference, api_url: 'https://other.example.com' }
  const sent = await client.ok<Api<'KeyTest'>>('testKey', { body: { source } })
  assert.equal(sent.body.findings[0]?.code, 'DOCUMENT_INVALID')
  const destination = { warehouse_url: `postgres://u:p@h/${reference}` }
  const tested = await client.ok<Api<'DestinationTest'>>('testDestination', {
    body: { destination },
  })
  assert.equal(tested.body.findings[0]?.code, 'DOCUMENT_INVALID')
  const shared = await client.call('createDestination', {
    body: { name: 'shared', document: destination },
  })
  assert.equal(shared.status, 422)
  await client.ok('listConnections')
  assertHidden(client, running.output(), [VALUE])
})
