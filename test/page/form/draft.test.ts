import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsView } from '../../../src/console/views/forms-view.ts'
import {
  afterStoring,
  draftDocument,
  draftName,
  draftText,
  emptyForm,
  formOfDraft,
  isSameForm,
  parseDraft,
  withWarehouse,
  type FormData,
} from '../../../src/page/form/draft.ts'

const FORMS = formsView()

const FORM: FormData = {
  name: 'production',
  draft: 'production',
  document: {
    source: { app_api_key: 'very-secret', region: 'eu' },
    destination: {
      warehouse: { engine: 'postgres', settings: { host: 'db', password: 'hidden-1' } },
      warehouse_url: 'postgres://u:hidden-2@db/x',
    },
    resources: { campaigns: 'incremental' },
    notify: { url: 'https://hooks.example.com/hidden-3', secret: 'hidden-4', stale_after_hours: 6 },
  },
}

test('a kept form holds no secret', () => {
  const text = draftText(FORMS, FORM)
  assert.doesNotMatch(text, /secret"|hidden/)
  const kept = parseDraft(text)
  assert.deepEqual(kept?.document['source'], { region: 'eu' })
  assert.deepEqual(kept?.document['notify'], { stale_after_hours: 6 })
  assert.deepEqual([kept?.name, kept?.draft], ['production', 'production'])
})

/** What is kept of a destination with these other options. */
function keptDestination(options: string) {
  const warehouse = { engine: 'postgres', settings: { host: 'db', options } }
  const form = { name: '', draft: null, document: { destination: { warehouse } } }
  return parseDraft(draftText(FORMS, form))?.document['destination']
}

test('other options of a URL are kept, unless one may be a secret', () => {
  const settings = { host: 'db', options: 'sslrootcert=/ca.pem' }
  assert.deepEqual(keptDestination('sslrootcert=/ca.pem'), {
    warehouse: { engine: 'postgres', settings },
  })
  assert.deepEqual(keptDestination('sslpassword=x'), {
    warehouse: { engine: 'postgres', settings: { host: 'db' } },
  })
})

test('a text that is no form is none', () => {
  assert.deepEqual([null, '', '{', '{}', '[]'].map(parseDraft), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('a new form reads every stream and needs no warehouse', () => {
  const { document, name } = emptyForm(FORMS)
  assert.equal(name, '')
  assert.deepEqual(document['resources'], {
    newsletters: 'incremental',
    campaigns: 'incremental',
    campaign_actions: 'incremental',
  })
  assert.deepEqual(document['destination'], { warehouse: { engine: 'duckdb', settings: {} } })
})

test('a draft gets a name that no other has', () => {
  assert.equal(draftName('a', []), 'a')
  assert.equal(draftName('a', ['a', 'a-2', 'b']), 'a-3')
})

test('a stored draft is the same form again', () => {
  const document = draftDocument({ ...FORM, document: { source: { region: 'eu' } } })
  const draft = { name: 'production-2', document, secrets: [], warehouse: null }
  assert.deepEqual(formOfDraft(draft), {
    name: 'production',
    draft: 'production-2',
    document: { source: { region: 'eu' } },
  })
})

test('the form has fields in place of the URL of the warehouse', () => {
  const document = { destination: { warehouse_url: 'duckdb:x', table_prefix: 'a_' } }
  const warehouse = { engine: 'duckdb', settings: { path: 'x' } }
  assert.deepEqual(withWarehouse(document, warehouse), {
    destination: { table_prefix: 'a_', warehouse },
  })
  assert.deepEqual(withWarehouse(document, null), document)
})

const KEY_STORED = { field: 'source.app_api_key', is_set: true, shown: null }
const URL_STORED = {
  field: 'destination.warehouse_url',
  is_set: true,
  shown: 'postgres://u:***@db/x',
}

test('the page drops the secrets that the console has stored, and keeps the others', () => {
  const draft = { name: 'production', secrets: [KEY_STORED, URL_STORED] }
  const { document } = afterStoring(FORMS, FORM, { sent: FORM, draft })
  assert.deepEqual(document, {
    ...FORM.document,
    source: { region: 'eu' },
    destination: {
      warehouse: { engine: 'postgres', settings: { host: 'db' } },
      warehouse_url: 'postgres://u:hidden-2@db/x',
    },
  })
})

test('what was typed while a draft was stored stays', () => {
  const typed = { ...FORM, name: 'staging', document: { source: { app_api_key: 'other' } } }
  const draft = { name: 'production', secrets: [KEY_STORED] }
  assert.deepEqual(afterStoring(FORMS, typed, { sent: FORM, draft }), {
    ...typed,
    draft: 'production',
  })
})

test('a form is the same until its name or a setting changes', () => {
  assert.equal(isSameForm(FORM, { ...FORM, draft: null }), true)
  assert.equal(isSameForm(FORM, { ...FORM, name: 'other' }), false)
  assert.equal(isSameForm(FORM, { ...FORM, document: {} }), false)
})
