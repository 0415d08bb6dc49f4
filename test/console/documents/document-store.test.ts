import assert from 'node:assert/strict'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DocumentStore } from '../../../src/console/documents/document-store.ts'
import { temporaryFolder } from '../../support/programs.ts'

const CHANGED = { code: 'VERSION_MISMATCH' }

test('only one of many simultaneous edits of a lone connection.json is written', async (t) => {
  const workspace = await temporaryFolder(t)
  const path = join(workspace, 'connection.json')
  await writeFile(path, '{"editor": "none"}')
  const store = new DocumentStore(workspace)
  const read = await store.read('connection', 'connection')
  const edits = await Promise.allSettled([
    ...Array.from({ length: 9 }, async (_unused, editor) =>
      store.write('connection', read, { editor }),
    ),
    store.delete('connection', read),
  ])
  const refused = edits.flatMap((edit) => (edit.status === 'rejected' ? [edit] : []))
  assert.equal(refused.length, 9)
  assert.ok(refused.every(({ reason }) => (reason as { code?: string }).code === CHANGED.code))
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), { editor: 0 })
  assert.deepEqual(await readdir(workspace), ['connection.json'])
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('a lone connection.json is created once, and deleted only in the version that was read', async (t) => {
  const workspace = await temporaryFolder(t)
  await writeFile(join(workspace, 'connection.json'), '{}')
  const store = new DocumentStore(workspace)
  await assert.rejects(store.create('connection', 'connection', {}), { code: 'NAME_TAKEN' })
  const first = await store.read('connection', 'connection')
  await store.write('connection', first, { step: 2 })
  await assert.rejects(store.delete('connection', first), CHANGED)
  await store.delete('connection', await store.read('connection', 'connection'))
  await assert.rejects(store.read('connection', 'connection'), { code: 'UNKNOWN_NAME' })
})

test('a lone connection.json that links to a file outside of the workspace is not shown', async (t) => {
  const [workspace, outside] = [await temporaryFolder(t), await temporaryFolder(t)]
  await writeFile(join(outside, 'secret.json'), '{}')
  await symlink(join(outside, 'secret.json'), join(workspace, 'connection.json'))
  await assert.rejects(new DocumentStore(workspace).read('connection', 'connection'), {
    code: 'CONFIG_INVALID',
    message: /is a link to a file outside of the workspace\.$/,
  })
})

test('an edit keeps the digits of a number that JavaScript would round', async (t) => {
  const workspace = await temporaryFolder(t)
  const store = new DocumentStore(workspace)
  const path = join(workspace, 'connection.json')
  await writeFile(path, '{"source": {"requests_per_second": 33.333333333333333333}}')
  const read = await store.read('connection', 'connection')
  await store.write('connection', read, { ...read.document, id: 'one' })
  const text = await readFile(path, 'utf8')
  assert.equal(
    text,
    '{\n  "source": {\n    "requests_per_second": 33.333333333333333333\n  },\n  "id": "one"\n}\n',
  )
})
