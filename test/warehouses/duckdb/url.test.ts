import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { Logger } from '../../../src/logger.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import { parseUrl } from '../../../src/warehouses/duckdb/url.ts'

const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} })

async function refusalOf(url: string): Promise<string> {
  const options = { url, schema: undefined, tablePrefix: '', isReadOnly: false, logger }
  const error: unknown = await createWarehouse(options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof AppError, `${url} was not refused`)
  assert.equal(error.code, 'CONFIG_INVALID', url)
  return error.fullText
}

for (const url of [
  'duckdb::memory:',
  'duckdb::memory:name',
  'duckdb::memory:?threads=1',
  'duckdb::MEMORY:',
  'DUCKDB::Memory:',
  'duckdb:///:memory:',
  'duckdb://:memory:',
  'duckdb:/:memory:',
  'duckdb:%3Amemory%3A',
  'duckdb:%3amemory:',
  'duckdb:%20:memory:',
]) {
  test(`refuses ${url}, a database in memory`, async () => {
    assert.match(
      await refusalOf(url),
      /in memory, which is lost when the program ends\. Write duck/,
    )
  })
}

for (const url of [
  'md:',
  'md:my_db',
  'MD:my_db?motherduck_token=hunter22',
  'motherduck:my_db',
  'duckdb:md:',
  'duckdb:md:my_db?motherduck_token=hunter22',
  'duckdb:md:my_db%3Fmotherduck_token=hunter22',
  'duckdb:MD:my_db',
  'duckdb:%6dd:my_db',
  'duckdb:motherduck:my_db',
  'duckdb:///md:my_db',
  'duckdb://md:my_db',
]) {
  test(`refuses ${url}, a MotherDuck database, without quoting its token`, async () => {
    const text = await refusalOf(url)
    assert.match(text, /MotherDuck is not supported yet\. Name a local file: duckdb:PATH/)
    assert.doesNotMatch(text, /hunter22|my_db/)
  })
}

for (const [url, prefix] of [
  ['duckdb:s3://key:hunter22@bucket/w.duckdb', 's3:'],
  ['duckdb:http://u:hunter22@h/w.duckdb', 'http:'],
  ['duckdb:https://h/w.duckdb', 'https:'],
  ['duckdb:gcs://b/w.duckdb', 'gcs:'],
  ['duckdb:r2+x://b/w.duckdb', 'r2+x://'],
  ['duckdb:file:///w.duckdb', 'file:'],
  ['duckdb:ducklake:postgres:dbname=w password=hunter22', 'ducklake:'],
  ['duckdb:postgres:dbname=w password=hunter22', 'postgres:'],
  ['duckdb:sqlite:w.db', 'sqlite:'],
  ['duckdb:duckdb:w.duckdb', 'duckdb:'],
  ['duckdb:%73qlite%3Aw.db', 'sqlite:'],
] as const) {
  test(`refuses ${url}, which is not a local file`, async () => {
    const text = await refusalOf(url)
    assert.ok(text.includes(`names a DuckDB database at "${prefix}", and only local files`), text)
    assert.doesNotMatch(text, /hunter22/)
  })
}

test('refuses an empty path and a path with a control character', async () => {
  for (const url of [
    'duckdb:',
    'duckdb:?threads=1',
    'duckdb://',
    'duckdb://host/w.db',
    'duckdb:%20',
  ])
    assert.match(await refusalOf(url), /names no DuckDB file\. Write duckdb:PATH/)
  for (const url of ['duckdb:%00', 'duckdb:w%00.duckdb', 'duckdb:w%0A.duckdb'])
    assert.match(await refusalOf(url), /has a control character in its path/)
})

test('keeps paths of files as they are', () => {
  for (const [url, path] of [
    ['duckdb:w.duckdb', 'w.duckdb'],
    ['duckdb:/data/w.duckdb', '/data/w.duckdb'],
    ['duckdb:///data/w.duckdb', '/data/w.duckdb'],
    ['duckdb:./md:w', './md:w'],
    ['duckdb:./:memory:', './:memory:'],
    ['duckdb:C:/data/w.duckdb', 'C:/data/w.duckdb'],
    ['duckdb:data/s3:x', 'data/s3:x'],
    ['duckdb:a%20b%3Fc.duckdb', 'a b?c.duckdb'],
    ['duckdb:memory', 'memory'],
    ['duckdb:md.duckdb', 'md.duckdb'],
  ] as const)
    assert.equal(parseUrl(url).path, path)
})
