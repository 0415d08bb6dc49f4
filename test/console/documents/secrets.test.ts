import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/console/api/problems.ts'
import { patched, replacement } from '../../../src/console/documents/keep-secrets.ts'
import { masked, redact, shownUrl } from '../../../src/console/documents/redact.ts'
import { shownDocument } from '../../../src/console/documents/shown-document.ts'
import { warehouseView } from '../../../src/console/documents/warehouse-fields.ts'
import type { JsonObject } from '../../../src/singer/json.ts'

const URL_TEXT = 'postgres://loader:s3cret-pw@db.example.com/analytics'
const STORED: JsonObject = {
  id: 'one',
  source: { app_api_key: 'key-value-1', region: 'us' },
  destination: { warehouse_url: URL_TEXT, table_prefix: 'cio_' },
  notify: { url: 'https://hooks.example.com/T0/abc', secret: 'signing-secret-0001' },
}

/** The destination after its form was sent. */
function withFields(settings: JsonObject): unknown {
  const next = { destination: { warehouse: { engine: 'postgres', settings } } }
  return replacement('connection', next, STORED)['destination']
}

/** The fields of a warehouse that is refused. */
function refusedFields(warehouse: JsonObject): string[] {
  try {
    replacement('destination', { warehouse }, {})
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return error.problems.map(({ field }) => field)
  }
  return assert.fail('it was accepted')
}

test('a document is shown without its secrets, and says which ones are set', () => {
  const { document, secrets } = redact('connection', STORED)
  assert.deepEqual(document, {
    id: 'one',
    source: { region: 'us' },
    destination: { table_prefix: 'cio_' },
    notify: {},
  })
  assert.deepEqual(secrets, [
    { field: 'source.app_api_key', is_set: true, shown: null },
    {
      field: 'destination.warehouse_url',
      is_set: true,
      shown: 'postgres://loader:***@db.example.com/analytics',
    },
    { field: 'notify.url', is_set: true, shown: 'https://hooks.example.com/***' },
    { field: 'notify.secret', is_set: true, shown: null },
  ])
})

test('references to variables and URLs without a secret are no secrets', () => {
  const file: JsonObject = {
    source: { app_api_key: '${KEY}' },
    destination: { warehouse_url: 'postgres://loader:${PGPASSWORD}@db.example.com/analytics' },
  }
  assert.deepEqual(redact('connection', file).document, file)
  const duckdb = { warehouse_url: 'duckdb:warehouse.duckdb' }
  assert.deepEqual(redact('destination', duckdb).document, duckdb)
})

test('no part of a password is shown, however the URL is written', () => {
  const urls: [string, string | null][] = [
    ['postgres://u:pass@word@h/db', 'postgres://u:***@h/db'],
    ['postgres://h/db?password=hunter22', 'postgres://h/db?password=***'],
    [
      'ducklake:postgres://u:hunter22@h/lake?data_path=s3://b',
      'ducklake:postgres://u:***@h/lake?data_path=s3://b',
    ],
    ['iceberg:https://c.example/api?token=hunter22', 'iceberg:https://c.example/api?token=***'],
    ['postgres:/u:hunter22@h/db', null],
    ['clickhouse://u:${PW}@h/db', 'clickhouse://u:${PW}@h/db'],
    ['postgres://u@h/db', 'postgres://u@h/db'],
    ['postgres://u:${PW}${MORE}@h/db', 'postgres://u:${PW}${MORE}@h/db'],
    ['postgres://us/er:hunter22@h/db?password=x', null],
    ['https:/u:hunter22@h/db', null],
    ['postgres://u:pass@word@h/db?password=hunter22', 'postgres://u:***@h/db?password=***'],
  ]
  for (const [url, shown] of urls) assert.equal(shownUrl(url), shown, url)
})

test('a mask does not say that the password is another word of the URL', () => {
  const urls: [string, string][] = [
    [
      'postgres://postgres:postgres@localhost/postgres',
      'postgres://postgres:***@localhost/postgres',
    ],
    ['postgres://loader:db@db.example.com/db', 'postgres://loader:***@db.example.com/db'],
    ['postgres://h/h?user=h&password=h', 'postgres://h/h?user=h&password=***'],
  ]
  for (const [url, shown] of urls) assert.equal(shownUrl(url), shown, url)
})

test('no URL shows its password, whatever the password is', () => {
  const property = fc.property(
    fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }),
    fc.boolean(),
    (password, isOption) => {
      fc.pre(!password.includes('***') && (!isOption || !/[&#]/.test(password)))
      const url = isOption
        ? `postgres://host/database?password=${password}`
        : `postgres://user:${password}@host/database`
      assert.ok(!(shownUrl(url) ?? '').includes(password), url)
    },
  )
  fc.assert(property, { numRuns: 500 })
})

test('a secret that is no string is masked too', () => {
  const file = { source: { app_api_key: 123, region: 'us' }, notify: { secret: null } }
  assert.deepEqual(masked('connection', file), {
    source: { app_api_key: '***', region: 'us' },
    notify: { secret: null },
  })
  assert.deepEqual(redact('connection', file).document, {
    source: { region: 'us' },
    notify: file.notify,
  })
})

test('a user in the URL of the API is masked', () => {
  const file = { source: { api_url: 'https://user:hunter22@api.example.com/v1' } }
  const shown = { source: { api_url: 'https://***@api.example.com/v1' } }
  assert.deepEqual(redact('connection', file).document, shown)
  assert.deepEqual(masked('connection', file), shown)
})

test('the file that would be written is shown with its secrets masked', () => {
  assert.deepEqual(masked('connection', STORED)['source'], { app_api_key: '***', region: 'us' })
})

test('a secret that a replacement leaves out stays, and null removes it', () => {
  const { document } = redact('connection', STORED)
  assert.deepEqual(replacement('connection', document, STORED), STORED)
  const without = { ...document, notify: { url: null } } as JsonObject
  assert.deepEqual(replacement('connection', without, STORED)['notify'], {
    secret: 'signing-secret-0001',
  })
  const { notify: _, ...others } = document
  assert.equal(replacement('connection', others, STORED)['notify'], undefined)
})

test('a patch changes single settings, and removes one with null', () => {
  const patch = { source: { region: 'eu' }, notify: null, destination: { table_prefix: 'x_' } }
  assert.deepEqual(patched('connection', patch, STORED), {
    id: 'one',
    source: { app_api_key: 'key-value-1', region: 'eu' },
    destination: { warehouse_url: URL_TEXT, table_prefix: 'x_' },
  })
  const removed = patched('connection', { source: { app_api_key: null } }, STORED)
  assert.deepEqual(removed['source'], { region: 'us' })
})

test('a stored key is not sent to another API URL', () => {
  const next = { ...STORED, source: { api_url: 'https://evil.example/v1' } }
  assert.deepEqual(replacement('connection', next, STORED)['source'], next.source)
})

test('a shared destination takes the place of the own warehouse', () => {
  const next = { ...STORED, destination: { use: 'shared' } }
  assert.deepEqual(replacement('connection', next, STORED)['destination'], { use: 'shared' })
})

test('form fields become a URL, and keep the stored password on the same server only', () => {
  assert.deepEqual(warehouseView(URL_TEXT), {
    engine: 'postgres',
    settings: { user: 'loader', host: 'db.example.com', database: 'analytics' },
  })
  const place = { host: 'db.example.com', user: 'loader' }
  assert.deepEqual(withFields({ ...place, database: 'other', port: 5432 }), {
    warehouse_url: 'postgres://loader:s3cret-pw@db.example.com/other',
  })
})

test('a password that is left out must be entered again for another place', () => {
  const same = { host: 'db.example.com', user: 'loader', database: 'analytics' }
  const moved: JsonObject[] = [
    { host: 'evil.example' },
    { port: 6432 },
    { sslmode: 'disable' },
    { options: 'sslrootcert=/etc/ssl/db.pem' },
  ]
  for (const change of moved) {
    const settings = { ...same, ...change }
    assert.throws(
      () => withFields(settings),
      (error: unknown) => {
        assert.ok(error instanceof ApiError)
        assert.deepEqual(error.problems, [
          {
            field: 'destination.warehouse.settings.password',
            message: 'must be entered again, because the host or an option has changed',
          },
        ])
        return true
      },
      JSON.stringify(change),
    )
    const entered = JSON.stringify(withFields({ ...settings, password: 'again' }))
    assert.ok(entered.includes('"postgres://loader:again@'), entered)
  }
  for (const password of ['', null])
    assert.deepEqual(withFields({ ...same, host: 'other.example', password }), {
      warehouse_url: 'postgres://loader@other.example/analytics',
    })
  const secure = { warehouse_url: 'clickhouse://u:hunter22@h/d' }
  const insecure = {
    engine: 'clickhouse',
    settings: { host: 'h', user: 'u', database: 'd', secure: false },
  }
  assert.throws(() => replacement('destination', { warehouse: insecure }, secure), ApiError)
})

test('a shown document says where its secrets are sent', () => {
  const places = shownDocument('connection', STORED).secrets.map(({ place }) => place)
  assert.deepEqual(places, [
    { api_url: null },
    { engine: 'postgres', host: 'db.example.com', port: 5432, sslmode: null, options: null },
    undefined,
    undefined,
  ])
})

test('form fields that make no URL are named', () => {
  assert.deepEqual(refusedFields({ engine: 'oracle', settings: {} }), ['warehouse.engine'])
  assert.deepEqual(
    refusedFields({ engine: 'postgres', settings: { host: 'h', port: 'x', nope: 1 } }),
    [
      'warehouse.settings.nope',
      'warehouse.settings.database',
      'warehouse.settings.user',
      'warehouse.settings.port',
    ],
  )
})
