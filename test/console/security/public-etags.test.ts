import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseIfMatch } from '../../../src/console/routes/call.ts'
import { PublicEtags } from '../../../src/console/security/public-etags.ts'
import { etagOf } from '../../../src/runner/workspace/documents.ts'
import { temporaryFolder } from '../../support/programs.ts'

test('an ETag of a response says nothing about the content to who does not have the key', async (t) => {
  const path = join(await temporaryFolder(t), 'console', 'etag.key')
  const etags = await PublicEtags.open(path)
  const stored = etagOf('{"password": "guess"}')
  assert.match(etags.of(stored), /^[\w-]{43}$/)
  assert.notEqual(etags.of(stored), stored)
  assert.notEqual(etags.of(stored), etags.of(etagOf('{}')))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const other = await PublicEtags.open(join(await temporaryFolder(t), 'etag.key'))
  assert.notEqual(other.of(stored), etags.of(stored))
  const [first, second] = await Promise.all([PublicEtags.open(path), PublicEtags.open(path)])
  assert.deepEqual([first.of(stored), second.of(stored)], [etags.of(stored), etags.of(stored)])
})

test('a damaged key is replaced', async (t) => {
  const path = join(await temporaryFolder(t), 'etag.key')
  await writeFile(path, 'short')
  const etags = await PublicEtags.open(path)
  assert.match(await readFile(path, 'utf8'), /^[\w-]{43}$/)
  assert.equal((await PublicEtags.open(path)).of('x'), etags.of('x'))
})

test('consoles that open a new key at once use the same', async (t) => {
  const path = join(await temporaryFolder(t), 'etag.key')
  const opened = await Promise.all(Array.from({ length: 5 }, async () => PublicEtags.open(path)))
  assert.equal(new Set(opened.map((etags) => etags.of('x'))).size, 1)
})

test('If-Match may hold a weak ETag, as a proxy that compresses makes it', () => {
  const etags = { of: (etag: string) => `public-${etag}` }
  for (const header of ['"public-1"', 'W/"public-1"']) {
    const isReplaced = parseIfMatch(header, etags)
    assert.deepEqual([isReplaced('1'), isReplaced('2')], [true, false], header)
  }
  for (const header of [undefined, '', '*', 'public-1', '"a", "b"'])
    assert.throws(() => parseIfMatch(header, etags), /If-Match must hold the ETag/)
})
