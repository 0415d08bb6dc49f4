import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { secretsInUrl } from '../../../src/urls/url-secrets.ts'
import { databaseIdentity, warehouseKindOf } from '../../../src/urls/warehouse-urls.ts'
import { parseUrl } from '../../../src/warehouses/ducklake/url.ts'

const SERVER = 'ducklake:postgres://loader:pass%3Fword@db.example.com:5433/lake'

test('reads the catalog and the data path of a lake', () => {
  const url = parseUrl(
    `${SERVER}?sslmode=require&data_path=s3://bucket/pre%20fix&metadata_schema=cio&threads=2`,
    {},
  )
  const { catalog, ...rest } = url
  assert.deepEqual(rest, {
    dataPath: 's3://bucket/pre fix',
    metadataSchema: 'cio',
    options: { threads: '2' },
    isMaintained: true,
    removesOrphans: false,
    expireHours: undefined,
    lockWaitMs: 10_000,
  })
  assert.ok(catalog.kind === 'postgres')
  const { host, port, user, password, database, sslMode } = catalog.url
  assert.deepEqual(
    { host, port, user, password, database, sslMode },
    {
      host: 'db.example.com',
      port: 5433,
      user: 'loader',
      password: 'pass?word',
      database: 'lake',
      sslMode: 'require',
    },
  )
})

test('reads what maintenance may do', () => {
  const { isMaintained, removesOrphans, expireHours } = parseUrl(
    'ducklake:c.ducklake?maintenance=off&remove_orphans=on&expire_older_than=7d',
    {},
  )
  assert.deepEqual([isMaintained, removesOrphans, expireHours], [false, true, 168])
  assert.equal(parseUrl('ducklake:c.ducklake?expire_older_than=36h', {}).expireHours, 36)
})

test('reads a catalog in a file', () => {
  assert.deepEqual(parseUrl('ducklake:cio.ducklake?data_path=data/&lock_wait_seconds=1', {}), {
    catalog: { kind: 'file', path: 'cio.ducklake' },
    dataPath: 'data/',
    metadataSchema: undefined,
    options: {},
    isMaintained: true,
    removesOrphans: false,
    expireHours: undefined,
    lockWaitMs: 1000,
  })
})

test('refuses catalogs, data paths and options that it does not know, without a secret', () => {
  const refused = {
    'ducklake:': /names no DuckDB file/,
    'ducklake::memory:': /in memory/,
    'ducklake:sqlite:cio.sqlite': /only local files/,
    'ducklake:mysql://root:geheim@h/d': /only local files/,
    'ducklake:md:cio': /MotherDuck/,
    'ducklake:c.ducklake?data_path=': /`data_path` in `warehouse_url` is empty or given twice/,
    'ducklake:postgres://h/d?metadata_schema=a&metadata_schema=b': /empty or given twice/,
    'ducklake:c.ducklake?maintenance=no': /`maintenance` in `warehouse_url` must be on or off/,
    'ducklake:c.ducklake?expire_older_than=7': /must be hours or days, such as 36h or 7d/,
    'ducklake:c.ducklake?expire_older_than=23h': /must be at least 24h/,
    'ducklake:postgres://h/d?channel_binding=require': /`channel_binding=require`/,
    'ducklake:c.ducklake?data_path=ftp://h/p': /begins with "ftp:\/\/"; known are a folder, s3:/,
    'ducklake:c.ducklake?metadata_schema=x': /needs a catalog in PostgreSQL/,
    'ducklake:c.ducklake?colour=red': /an option "colour"/,
    'ducklake:postgres://u:geheim@h/d?colour=red': /an option "colour"/,
  }
  for (const [url, message] of Object.entries(refused)) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError, url)
        assert.equal(error.code, 'CONFIG_INVALID')
        assert.match(error.message, message)
        assert.ok(!error.message.includes('geheim'), error.message)
        return true
      },
      url,
    )
  }
})

test('says how to write the URL of a lake when it names no catalog file', () => {
  for (const url of ['ducklake:', 'ducklake:?data_path=d', 'ducklake::memory:', 'ducklake:md:x']) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError, url)
        assert.match(
          error.hint ?? '',
          /^Write ducklake:postgres:.*or ducklake:FILE\?data_path/,
          url,
        )
        return true
      },
      url,
    )
  }
})

test('finds the password in the URL of the catalog', () => {
  const secrets = secretsInUrl(`${SERVER}?data_path=s3://b/p`)
  assert.ok(secrets.includes('pass%3Fword') && secrets.includes('pass?word'), secrets.join(' '))
})

function identity(url: string): string {
  return databaseIdentity(url, (path) => `/here/${path}`)
}

test('identifies a lake by its catalog, without user, password and data path', () => {
  assert.equal(identity('ducklake:c.ducklake?data_path=a'), 'ducklake:/here/c.ducklake')
  const lake = identity('ducklake:postgres://a:b@H.example.com/lake?metadata_schema=x')
  assert.equal(lake, identity('ducklake:postgresql://c@h.example.com:5432/lake?metadata_schema=x'))
  assert.notEqual(lake, identity('ducklake:postgres://h.example.com/lake'))
  assert.notEqual(lake, identity('postgres://h.example.com/lake'))
  assert.equal(
    identity('ducklake:postgres://h/lake?metadata_schema=public'),
    identity('ducklake:postgres://h/lake'),
  )
  assert.ok(!lake.includes('b@'))
})

test('a catalog in a file takes one writer, one in PostgreSQL takes several', () => {
  assert.equal(warehouseKindOf('ducklake:c.ducklake').takesOneWriter, true)
  assert.equal(warehouseKindOf('DuckLake:postgres://h/d').takesOneWriter, false)
  assert.equal(warehouseKindOf('ducklake:postgres://h/d').isCaseSensitive, false)
})
