import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedSecret } from '../../../src/page/form/stored-secret.ts'
import type { Document } from '../../../src/page/view/documents.ts'

function urlOf(shown: string | null) {
  return { secrets: [{ field: 'destination.warehouse_url', is_set: true, shown }] }
}

test('a stored key is found by its field, one that is not set is none', () => {
  const key = { field: 'source.app_api_key', is_set: true, shown: null }
  const hook = { field: 'notify.url', is_set: false, shown: null }
  const secrets = [key, hook]
  const paths = ['source.app_api_key', 'notify.url', 'notify.secret']
  assert.deepEqual(
    paths.map((path) => storedSecret({ secrets }, path)),
    [key, undefined, undefined],
  )
})

test('the password of a warehouse is stored when its URL hides something', () => {
  const path = 'destination.warehouse.settings.password'
  const shown = ['postgres://u:***@db/x', null, 'postgres://u@db/x']
  assert.deepEqual(
    shown.map((url) => storedSecret(urlOf(url), path) !== undefined),
    [true, true, false],
  )
  assert.notEqual(storedSecret(urlOf(null), 'warehouse.settings.password'), undefined)
})

function withFields(engine: string, settings: Document): Document {
  return { destination: { warehouse: { engine, settings } } }
}

test('a stored password does not go to another host, port or engine', () => {
  const path = 'destination.warehouse.settings.password'
  const base = withFields('postgres', { host: 'db', port: 5432, user: 'a' })
  const found = [
    withFields('postgres', { host: 'db', port: 5432, user: 'b' }),
    withFields('postgres', { host: 'other', port: 5432, user: 'a' }),
    withFields('postgres', { host: 'db', port: 6432, user: 'a' }),
    withFields('clickhouse', { host: 'db', port: 5432, user: 'a' }),
  ].map((document) => storedSecret({ ...urlOf('postgres://a:***@db/x'), base, document }, path))
  assert.deepEqual(
    found.map((secret) => secret !== undefined),
    [true, false, false, false],
  )
})
