import assert from 'node:assert/strict'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import { checkFiles, plainSecrets } from '../../../src/runner/inspect/check-files.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const url = (password: string) => ({ warehouse_url: `postgres://u:${password}@h/d` })
const warned = (file: string) =>
  `Other users can read ${file}, which holds a password. Run: chmod 600 ${file}`

test('finds secrets that a file holds as plain text, and none in references', () => {
  const slack = 'https://hooks.slack.com/services/XXXXXXXXXXXXXXXXXXXXXXXX'
  const cases: [JsonObject, string[]][] = [
    [{ source: { app_api_key: '${KEY}' }, destination: url('${PGPASSWORD}') }, []],
    [{ source: { app_api_key: 'key-123456' } }, ['the key']],
    [{ destination: url('secret') }, ['a password']],
    [url('secret'), ['a password']],
    [url('${PGPASSWORD}'), []],
    [
      { notify: { url: slack, secret: 's' } },
      ['the secret of the webhook', 'the URL of the webhook'],
    ],
    [{ notify: { url: '${WEBHOOK}', secret: '${SECRET}' } }, []],
    [{ destination: 'none', notify: null }, []],
  ]
  for (const [document, expected] of cases)
    assert.deepEqual(plainSecrets(document), expected, JSON.stringify(document))
})

test('warns about each file with a secret that others can read', async (t) => {
  const workspace = await temporaryFolder(t)
  for (const name of ['connections', 'destinations']) await mkdir(join(workspace, name))
  const shared = await writeJson(workspace, 'destinations/shared.json', {
    warehouse_url: 'postgres://u:secret@h/d',
  })
  const path = await writeJson(workspace, 'connections/eu.json', {
    source: { app_api_key: '${KEY}' },
    destination: { use: 'shared', warehouse_url: 'postgres://u:another@h/d' },
  })
  const messages = async () => {
    const connection = await loadConnection(path, { KEY: 'key-123456' })
    return (await checkFiles(connection)).map(({ message }) => message)
  }
  for (const file of [path, shared]) await chmod(file, 0o644)
  assert.deepEqual(await messages(), [warned(path), warned(shared)])
  await chmod(path, 0o600)
  assert.deepEqual(await messages(), [warned(shared)])
  await chmod(shared, 0o600)
  assert.deepEqual(await messages(), [`${path} is a valid connection file.`])
})
