import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import { formsView } from '../../../src/console/views/forms-view.ts'
import { keptSecret, storedSecret } from '../../../src/page/form/stored-secret.ts'
import type { Document } from '../../../src/page/view/documents.ts'

const forms = formsView()
const PASSWORD = 'destination.warehouse.settings.password'

function urlOf(shown: string | null): Api<'Secret'>[] {
  const place = { engine: 'postgres', host: 'db', port: 5432, sslmode: null, options: null }
  return [{ field: 'destination.warehouse_url', is_set: true, shown, place }]
}

function documentOf(settings: Document, engine = 'postgres'): Document {
  return { destination: { warehouse: { engine, settings } } }
}

function isKept(document: Document): boolean {
  return keptSecret({ secrets: urlOf(null), document, forms }, PASSWORD) !== undefined
}

const SAME = documentOf({ host: 'db', user: 'u', database: 'x' })

test('a stored key is found by its field, one that is not set is none', () => {
  const key = { field: 'source.app_api_key', is_set: true, shown: null, place: { api_url: null } }
  const hook = { field: 'notify.url', is_set: false, shown: null }
  const secrets = [key, hook]
  const paths = ['source.app_api_key', 'notify.url', 'notify.secret']
  assert.deepEqual(
    paths.map((path) => keptSecret({ secrets, document: {}, forms }, path)),
    [key, undefined, undefined],
  )
})

test('a stored key does not stay with another API URL', () => {
  const place = { api_url: 'https://api.example.com' }
  const secrets = [{ field: 'source.app_api_key', is_set: true, shown: null, place }]
  const isKeyKept = (source: Document) =>
    keptSecret({ secrets, document: { source }, forms }, 'source.app_api_key') !== undefined
  assert.ok(isKeyKept({ api_url: 'https://api.example.com', region: 'eu' }))
  assert.ok(!isKeyKept({ api_url: 'https://other.example.com' }))
  assert.ok(!isKeyKept({}))
})

test('the password of a warehouse is stored when its URL hides something', () => {
  const shown = ['postgres://u:***@db/x', null, 'postgres://u@db/x']
  assert.deepEqual(
    shown.map(
      (url) => keptSecret({ secrets: urlOf(url), document: SAME, forms }, PASSWORD) !== undefined,
    ),
    [true, true, false],
  )
  const shared = { secrets: urlOf(null), document: SAME['destination'] as Document, forms }
  assert.notEqual(keptSecret(shared, 'warehouse.settings.password'), undefined)
})

test('the password of a warehouse stays while the place that it is sent to is the same', () => {
  const same = { host: 'db', user: 'other', database: 'y' }
  assert.ok(isKept(documentOf(same)))
  assert.ok(isKept(documentOf({ ...same, port: 5432 })))
  assert.ok(!isKept(documentOf({ ...same, port: 6432 })))
  assert.ok(!isKept(documentOf({ ...same, host: 'elsewhere' })))
  assert.ok(!isKept(documentOf({ ...same, sslmode: 'disable' })))
  assert.ok(!isKept(documentOf({ ...same, options: 'sslrootcert=/etc/ssl/db.pem' })))
  assert.ok(!isKept(documentOf(same, 'clickhouse')))
})

test('the password is stored also while it would not stay', () => {
  assert.notEqual(storedSecret({ secrets: urlOf(null) }, PASSWORD), undefined)
  assert.equal(storedSecret({ secrets: urlOf('postgres://u@db/x') }, PASSWORD), undefined)
})

test('a stored URL that fits no form has no password that stays', () => {
  const secrets = [{ field: 'destination.warehouse_url', is_set: true, shown: null }]
  assert.equal(keptSecret({ secrets, document: SAME, forms }, PASSWORD), undefined)
})
