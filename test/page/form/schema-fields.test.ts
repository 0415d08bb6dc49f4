import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsView } from '../../../src/console/views/forms-view.ts'
import {
  fieldText,
  parseField,
  schemaFields,
  shownText,
} from '../../../src/page/form/schema-fields.ts'

const FORMS = formsView()

test('a form has a field for each setting, in the order of the schema', () => {
  const postgres = FORMS.engines.find(({ engine }) => engine === 'postgres')
  const fields = schemaFields(postgres?.settings ?? {})
  assert.deepEqual(
    fields.map(({ name, kind, isRequired }) => [name, kind, isRequired]),
    [
      ['host', 'text', true],
      ['port', 'number', false],
      ['database', 'text', true],
      ['user', 'text', true],
      ['password', 'secret', false],
      ['sslmode', 'choice', false],
      ['options', 'text', false],
    ],
  )
  const [host, port] = fields
  assert.deepEqual(
    [host?.label, host?.example, port?.defaultText],
    ['Host', 'db.example.com', '5432'],
  )
})

test('every field of every form has a label', () => {
  const schemas = [
    FORMS.source,
    FORMS.destination,
    FORMS.schedule,
    FORMS.notify,
    ...FORMS.engines.map(({ settings }) => settings),
  ]
  const fields = schemas.flatMap(schemaFields)
  assert.ok(fields.length > 40)
  assert.deepEqual(
    fields.filter(({ label }) => label === ''),
    [],
  )
})

test('the key is a secret', () => {
  const key = schemaFields(FORMS.source).find(({ name }) => name === 'app_api_key')
  assert.deepEqual([key?.kind, key?.isRequired], ['secret', true])
})

test('a text becomes the value of its kind', () => {
  assert.equal(parseField({ kind: 'number' }, ' 30 '), 30)
  assert.equal(parseField({ kind: 'number' }, '-0.5'), -0.5)
  assert.equal(parseField({ kind: 'boolean' }, 'false'), false)
  assert.equal(parseField({ kind: 'text' }, 'a b '), 'a b ')
  assert.equal(parseField({ kind: 'secret' }, ' key '), ' key ')
})

test('an empty field leaves its setting out', () => {
  const kinds = ['text', 'secret', 'number', 'boolean', 'choice'] as const
  assert.deepEqual(
    kinds.map((kind) => parseField({ kind }, '')),
    [undefined, undefined, undefined, undefined, undefined],
  )
})

test('what is no number stays as it was typed', () => {
  assert.deepEqual(
    ['1e', '3 days', '--1'].map((text) => parseField({ kind: 'number' }, text)),
    ['1e', '3 days', '--1'],
  )
  assert.equal(fieldText('3 days'), '3 days')
})

test('a value that is no text, number or truth is not shown in a field', () => {
  assert.deepEqual(
    [fieldText(undefined), fieldText(null), fieldText({}), fieldText(false)],
    ['', '', '', 'false'],
  )
})

test('what is typed on the way to a number stays', () => {
  const number = { kind: 'number' } as const
  const steps = ['0', '0.', '0.0', '0.05', '007']
  assert.deepEqual(
    steps.map((text) => shownText(number, text, parseField(number, text))),
    steps,
  )
  assert.equal(shownText(number, '0.05', 7), '7')
  assert.equal(shownText(number, undefined, undefined), '')
})
