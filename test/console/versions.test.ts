import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { etagOf } from '../../src/runner/workspace/documents.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'

test('an ETag is not the hash of the file, survives a restart, and may come back weak', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  const params = { name: 'production' }
  const first = await startConsole(t, folder, { args: ['--no-schedules'] })
  const read = await (await logIn(first)).ok('getConnection', { params })
  const etag = String(read.headers['etag'])
  await first.stop()
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const file = join(folder, 'connections/production.json')
  const hash = etagOf(await readFile(file, 'utf8'))
  const patch = async (version: string) =>
    client.call('patchConnection', {
      params,
      headers: { 'if-match': version },
      body: { source: { cutoff_days: 7 } },
    })
  assert.equal((await patch(`"${hash}"`)).status, 412)
  assert.equal((await patch(`W/${etag}`)).status, 200)
  assert.equal((await patch(etag)).status, 412)
})
