import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsView } from '../../../src/console/views/forms-view.ts'
import {
  destinationOf,
  emptyDestination,
  formOfDestination,
  isStoredSecret,
} from '../../../src/page/form/destination.ts'

const FORMS = formsView()

test('a destination whose URL fits no form keeps it', () => {
  const visible = { warehouse_url: '${WAREHOUSE_URL}' }
  assert.deepEqual(
    destinationOf(formOfDestination({ document: visible, warehouse: null })),
    visible,
  )
  assert.deepEqual(destinationOf(formOfDestination({ document: {}, warehouse: null })), {})
})

test('a destination is stored as its form', () => {
  const warehouse = { engine: 'postgres', settings: { host: 'db' } }
  const form = formOfDestination({ document: { warehouse_url: 'hidden' }, warehouse })
  assert.deepEqual(destinationOf(form), { warehouse })
})

test('a new destination has a name and an engine', () => {
  assert.deepEqual(emptyDestination(FORMS), {
    name: '',
    destination: { warehouse: { engine: 'duckdb', settings: {} } },
  })
})

test('a stored secret is not missing when it is left out, other fields are', () => {
  const secrets = [
    {
      field: 'destination.warehouse_url',
      is_set: true,
      shown: 'postgres://u:***@db/x',
      place: { host: 'db' },
    },
  ]
  const settings = 'destination.warehouse.settings'
  const document = { destination: { warehouse: { engine: 'postgres', settings: { host: 'db' } } } }
  const found = ['password', 'host'].map((name) =>
    isStoredSecret({ forms: FORMS, secrets, document }, `${settings}.${name}`),
  )
  assert.deepEqual(found, [true, false])
  const moved = { destination: { warehouse: { engine: 'postgres', settings: { host: 'other' } } } }
  const kept = isStoredSecret({ forms: FORMS, secrets, document: moved }, `${settings}.password`)
  assert.equal(kept, false)
  const none = isStoredSecret({ forms: FORMS, secrets: [], document }, `${settings}.password`)
  assert.equal(none, false)
})
