import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ENGINE_FORMS, settingsOfUrl, urlOf } from '../../../src/console/documents/engine-forms.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { WAREHOUSE_KINDS } from '../../../src/urls/warehouse-urls.ts'

const CASES: readonly [engine: string, settings: JsonObject, url: string][] = [
  ['duckdb', { path: 'my data/cio.duckdb', threads: 2 }, 'duckdb:my%20data/cio.duckdb?threads=2'],
  [
    'postgres',
    { host: 'db', user: 'a@b', password: 'p/w?', database: 'x y', port: 6432, sslmode: 'require' },
    'postgres://a%40b:p%2Fw%3F@db:6432/x%20y?sslmode=require',
  ],
  [
    'postgres',
    {
      host: 'db',
      user: 'u',
      password: '${PGPASSWORD}',
      database: 'd',
      options: 'sslrootcert=/c.pem',
    },
    'postgres://u:${PGPASSWORD}@db/d?sslrootcert=/c.pem',
  ],
  [
    'clickhouse',
    { host: 'ch', user: 'u', database: 'd', secure: false },
    'clickhouse://u@ch/d?secure=false',
  ],
  [
    'ducklake',
    { host: 'db', user: 'u', database: 'lake', data_path: 's3://bucket/cio' },
    'ducklake:postgres://u@db/lake?data_path=s3://bucket/cio',
  ],
  [
    'ducklake',
    { catalog_file: 'lake.ducklake', data_path: 'files' },
    'ducklake:lake.ducklake?data_path=files',
  ],
  [
    'iceberg',
    { catalog: 'https://c.example.com/catalog', warehouse: 'analytics', token: 't' },
    'iceberg:https://c.example.com/catalog?warehouse=analytics&token=t',
  ],
]

for (const [engine, settings, url] of CASES) {
  test(`the form of ${engine} makes ${url}, and reads it`, () => {
    assert.equal(urlOf(engine, settings), url)
    assert.deepEqual(settingsOfUrl(url), { engine, settings })
  })
}

test('every engine has a form', () => {
  const engines = Object.keys(WAREHOUSE_KINDS).filter((scheme) => scheme !== 'postgresql')
  assert.deepEqual(Object.keys(ENGINE_FORMS).toSorted(), engines.toSorted())
})

test('any user, password and database of a server come back as they were', () => {
  const text = fc
    .string({ minLength: 1, unit: 'binary' })
    .filter((value) => Buffer.from(value).toString() === value && !value.includes('${'))
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const settings = { user, password, host: 'db.example.com', database }
      const url = urlOf('postgres', settings)
      assert.ok(url)
      assert.deepEqual(settingsOfUrl(url)?.settings, settings)
    }),
  )
})

test('a URL that cannot be read has no fields', () => {
  for (const url of ['oracle://h', 'postgres:/h', 'duckdb:%E0%A4%A', ''])
    assert.equal(settingsOfUrl(url), undefined, url)
})
