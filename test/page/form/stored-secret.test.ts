import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedSecret } from '../../../src/page/form/stored-secret.ts'

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
