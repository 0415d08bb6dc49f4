import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  deleteDocument,
  isFile,
  listConnections,
  listDocuments,
  readDocument,
  writeDocument,
} from '../../../src/runner/workspace/documents.ts'
import { takeRunLock } from '../../../src/runner/lock/lock.ts'
import { temporaryFolder } from '../../support/programs.ts'

const CHANGED = { code: 'FILE_CHANGED' }

test('lists the documents of a kind by name, with a lone connection.json first', async (t) => {
  const workspace = await temporaryFolder(t)
  assert.deepEqual(await listConnections(workspace), [])
  await mkdir(join(workspace, 'connections', 'folder.json'), { recursive: true })
  for (const name of ['us.json', 'eu.json', '.hidden.json', 'eu.json.1.new', 'notes.txt'])
    await writeFile(join(workspace, 'connections', name), '{}')
  await symlink('eu.json', join(workspace, 'connections', 'linked.json'))
  await writeFile(join(workspace, 'connection.json'), '{}')
  const names = (await listConnections(workspace)).map(({ name }) => name)
  assert.deepEqual(names, ['connection', 'eu', 'linked', 'us'])
  assert.deepEqual(await listDocuments(workspace, 'destination'), [])
})

test('creates a document once, readable only by its owner, and leaves no other file', async (t) => {
  const workspace = await temporaryFolder(t)
  const ref = { workspace, kind: 'destination', name: 'warehouse' } as const
  const etag = await writeDocument(ref, { table_prefix: 'a_' }, null)
  const stored = await readDocument(ref)
  assert.equal(stored?.etag, etag)
  assert.equal(stored.text, '{\n  "table_prefix": "a_"\n}\n')
  assert.equal((await stat(stored.path)).mode & 0o777, 0o600)
  await assert.rejects(writeDocument(ref, {}, null), {
    ...CHANGED,
    message: 'The destination warehouse exists already.',
  })
  assert.deepEqual(await readdir(join(workspace, 'destinations')), ['warehouse.json'])
  assert.equal((await readDocument(ref))?.etag, etag)
})

test('replaces and deletes only the version that was read', async (t) => {
  const workspace = await temporaryFolder(t)
  const ref = { workspace, kind: 'connection', name: 'eu' } as const
  const first = await writeDocument(ref, { step: 1 }, null)
  const second = await writeDocument(ref, { step: 2 }, first)
  await assert.rejects(writeDocument(ref, { step: 3 }, first), {
    ...CHANGED,
    message: 'The connection eu was changed by somebody else.',
  })
  await assert.rejects(deleteDocument(ref, first), CHANGED)
  assert.deepEqual(JSON.parse((await readDocument(ref))?.text ?? ''), { step: 2 })
  await deleteDocument(ref, second)
  assert.equal(await readDocument(ref), undefined)
  await assert.rejects(writeDocument(ref, {}, second), {
    message: 'The connection eu does not exist any more.',
  })
})

test('lets only one of many simultaneous edits of one version through', async (t) => {
  const workspace = await temporaryFolder(t)
  const ref = { workspace, kind: 'connection', name: 'eu' } as const
  const etag = await writeDocument(ref, { editor: 'none' }, null)
  const edits = await Promise.allSettled(
    Array.from({ length: 20 }, async (_unused, editor) => writeDocument(ref, { editor }, etag)),
  )
  const written = edits.filter(({ status }) => status === 'fulfilled')
  assert.equal(written.length, 1)
  const refused = edits.flatMap((edit) => (edit.status === 'rejected' ? [edit] : []))
  assert.ok(refused.every(({ reason }) => (reason as { code?: string }).code === 'FILE_CHANGED'))
})

test('refuses names that could leave the folder, and writes nothing', async (t) => {
  const workspace = await temporaryFolder(t)
  for (const name of ['../eu', 'a/b', '..', '', '.eu', 'eu.json', 'a\0b', 'x'.repeat(101)]) {
    const ref = { workspace, kind: 'connection', name } as const
    await assert.rejects(writeDocument(ref, {}, null), { code: 'USAGE' }, name)
    await assert.rejects(readDocument(ref), { code: 'USAGE' }, name)
    await assert.rejects(deleteDocument(ref, 'any'), { code: 'USAGE' }, name)
  }
  assert.deepEqual(await readdir(workspace), [])
})

test('replaces a link by a file, and leaves what the link names alone', async (t) => {
  const workspace = await temporaryFolder(t)
  const ref = { workspace, kind: 'connection', name: 'eu' } as const
  const outside = join(workspace, 'outside.txt')
  await writeFile(outside, '{}')
  await mkdir(join(workspace, 'connections'))
  await symlink(outside, join(workspace, 'connections', 'eu.json'))
  const found = await readDocument(ref)
  await writeDocument(ref, { mine: true }, found?.etag ?? null)
  assert.equal(await readFile(outside, 'utf8'), '{}')
  assert.equal((await readDocument(ref))?.text, '{\n  "mine": true\n}\n')
})

test('a path that cannot be read is an error, not a missing file', async (t) => {
  const workspace = await temporaryFolder(t)
  await symlink('connections', join(workspace, 'connections'))
  await assert.rejects(listDocuments(workspace, 'connection'), {
    code: 'CONFIG_INVALID',
    message: `${join(workspace, 'connections')} could not be read (ELOOP).`,
  })
  for (const name of ['none', 'connections', 'x'.repeat(5000), 'none/none'])
    assert.equal(await isFile(join(workspace, name)), false)
  await assert.rejects(isFile('a\0b'), { code: 'CONFIG_INVALID' })
})

test('a change waits for no other process that is changing the file, and leaves no lock', async (t) => {
  const workspace = await temporaryFolder(t)
  const ref = { workspace, kind: 'connection', name: 'eu' } as const
  const etag = await writeDocument(ref, { step: 1 }, null)
  const path = join(workspace, 'connections', 'eu.json')
  const lock = await takeRunLock(`${path}.lock`, { signal: new AbortController().signal })
  await assert.rejects(writeDocument(ref, { step: 2 }, etag), {
    ...CHANGED,
    message: 'The connection eu is being changed by somebody else.',
  })
  await assert.rejects(deleteDocument(ref, etag), CHANGED)
  await lock.release()
  await writeDocument(ref, { step: 2 }, etag)
  assert.deepEqual(await readdir(join(workspace, 'connections')), ['eu.json'])
})

test('shows no file outside of the workspace', async (t) => {
  const [workspace, outside] = [await temporaryFolder(t), await temporaryFolder(t)]
  await writeFile(join(outside, 'secret.json'), '{}')
  await mkdir(join(workspace, 'connections'))
  await symlink(join(outside, 'secret.json'), join(workspace, 'connections', 'eu.json'))
  await symlink(outside, join(workspace, 'destinations'))
  for (const ref of [
    { workspace, kind: 'connection', name: 'eu' },
    { workspace, kind: 'destination', name: 'secret' },
  ] as const)
    await assert.rejects(readDocument(ref), {
      code: 'CONFIG_INVALID',
      message: /is a link to a file outside of the workspace\.$/,
    })
})
