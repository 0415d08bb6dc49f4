import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsView } from '../../../src/console/views/forms-view.ts'
import { hasInput } from '../../../src/page/form/inputs.ts'
import type { Document } from '../../../src/page/view/documents.ts'

const FORMS = formsView()
const OWN: Document = {
  destination: { warehouse: { engine: 'postgres', settings: {} } },
  schedule: { type: 'cron' },
}

/** The paths that no input shows. */
function without(document: Document, paths: readonly string[]): string[] {
  return paths.filter((path) => !hasInput(FORMS, document, path))
}

test('a problem of an input is shown next to it', () => {
  const paths = [
    'name',
    'source.app_api_key',
    'source.cutoff_days',
    'destination.table_prefix',
    'destination.warehouse.settings.host',
    'resources',
    'resources.campaigns',
    'schedule',
    'schedule.expression',
    'notify.url',
  ]
  assert.deepEqual(without(OWN, paths), [])
})

test('a problem without an input is found, so that it can be listed', () => {
  const paths = [
    '',
    'history_months',
    'source.typo',
    'destination.use',
    'destination.warehouse_url',
    'destination.warehouse.engine',
    'destination.warehouse.settings.path',
    'resources.unknown',
    'schedule.every',
    'schedule.typo',
  ]
  assert.deepEqual(without(OWN, paths), paths)
})

test('a warehouse that fits no form has no inputs', () => {
  const document = { destination: { warehouse_url: '${WAREHOUSE_URL}' } }
  const host = 'destination.warehouse.settings.host'
  assert.deepEqual(without(document, [host]), [host])
})
