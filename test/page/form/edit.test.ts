import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  changesOf,
  editAfterSave,
  editedConnections,
  firstEdit,
} from '../../../src/page/form/edit.ts'

const STORED = { document: { source: { cutoff_days: 3 }, resources: {} }, etag: '"1"' }

test('an edit begins with the stored document and counts its changes', () => {
  const edit = firstEdit(STORED)
  assert.equal(changesOf(edit), 0)
  const document = { source: { cutoff_days: 7, region: 'eu' }, resources: {} }
  assert.equal(changesOf({ ...edit, document }), 2)
})

test('what was typed while an edit was stored stays a change of the new version', () => {
  const sent = { source: { cutoff_days: 7, app_api_key: 'typed' }, resources: {} }
  const typed = { source: { cutoff_days: 7, app_api_key: 'typed', region: 'eu' }, resources: {} }
  const stored = { document: { source: { cutoff_days: 7 }, resources: {} }, etag: '"2"' }
  const after = editAfterSave({ ...firstEdit(STORED), document: typed }, sent, stored)
  assert.deepEqual(after, {
    base: stored.document,
    etag: '"2"',
    document: { source: { cutoff_days: 7, region: 'eu' }, resources: {} },
  })
  const nothing = editAfterSave({ ...firstEdit(STORED), document: sent }, sent, stored)
  assert.equal(changesOf(nothing), 0)
})

test('connections with edits are found by their paths', () => {
  const paths = [
    '/connections/production',
    '/destinations/x',
    '/connections/a%20b',
    '/destinations',
  ]
  assert.deepEqual(editedConnections(paths), ['production', 'a b'])
})
