import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { PublicEtags } from '../../../src/console/security/public-etags.ts'
import { etagOf } from '../../../src/runner/workspace/documents.ts'
import { temporaryFolder } from '../../support/programs.ts'

const DOCUMENT = 'connections/production'
const STORED = etagOf('{"password": "guess"}')

test('an ETag says nothing about the content, not even that another document has it', async (t) => {
  const path = join(await temporaryFolder(t), 'console', 'etag.key')
  const etags = await PublicEtags.open(path)
  const header = etags.header(DOCUMENT, STORED)
  assert.match(header, /^"[\w-]+"$/)
  const others = [
    `"${STORED}"`,
    etags.header(DOCUMENT, etagOf('{}')),
    etags.header('drafts/production', STORED),
    (await PublicEtags.open(join(await temporaryFolder(t), 'etag.key'))).header(DOCUMENT, STORED),
  ]
  assert.ok(!others.includes(header))
  for (const other of others)
    assert.notEqual(etags.storedIfMatch(DOCUMENT, other), `"${STORED}"`, other)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('If-Match becomes the stored ETag, also when a proxy has made it weak', async (t) => {
  const etags = await PublicEtags.open(join(await temporaryFolder(t), 'etag.key'))
  const header = etags.header(DOCUMENT, STORED)
  for (const sent of [header, `W/${header}`])
    assert.equal(etags.storedIfMatch(DOCUMENT, sent), `"${STORED}"`)
  const changed = header.replace(/\w/, (first) => (first === 'A' ? 'B' : 'A'))
  for (const sent of [`"${STORED}"`, '"x"', '"unknown"', changed])
    assert.equal(etags.storedIfMatch(DOCUMENT, sent), '"unknown"')
  for (const sent of [undefined, '', '*', STORED, `${header}, ${header}`])
    assert.equal(etags.storedIfMatch(DOCUMENT, sent), sent)
})

test('the key is kept, and a damaged one is replaced', async (t) => {
  const path = join(await temporaryFolder(t), 'etag.key')
  await writeFile(path, 'short')
  const etags = await PublicEtags.open(path)
  assert.match(await readFile(path, 'utf8'), /^[\w-]{43}$/)
  const again = await PublicEtags.open(path)
  assert.equal(again.header(DOCUMENT, STORED), etags.header(DOCUMENT, STORED))
})

test('consoles that open a new key at once use the same', async (t) => {
  const path = join(await temporaryFolder(t), 'etag.key')
  const opened = await Promise.all(Array.from({ length: 5 }, async () => PublicEtags.open(path)))
  assert.equal(new Set(opened.map((etags) => etags.header(DOCUMENT, STORED))).size, 1)
})
