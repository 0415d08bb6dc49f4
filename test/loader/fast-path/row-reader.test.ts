import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validators } from '../../../src/loader/schema/validate.ts'
import { EVERY_OPTIONS, readBothWays, schemaMessage } from './both-paths.ts'
import { exploreChanges, exploreRecords } from './explore.ts'
import { names, schemaOf } from './generated-lines.ts'

test('reading a record from its bytes leaves the same cells as reading it as a message, for any schema and spelling', async () => {
  const { direct, added } = await exploreRecords({ numRuns: 200 })
  assert.ok(direct > added / 6, `${direct} of ${added} records were read from their bytes`)
})

test('bytes that were changed are never read as something else', async () => {
  await exploreChanges({ numRuns: 300 })
})

test('records as programs usually write them are read from their bytes', async () => {
  const schema = schemaMessage(schemaOf(names.filter((name) => name !== 'closed')), ['integer'])
  const usual = {
    text: 'Grüße, "now"\n🎉',
    short: 'abc',
    flag: true,
    integer: 1234567890123456789n,
    byte: 255,
    number: 0.30000000000000004,
    positive: 1.5,
    cents: 12.5,
    amount: '12.50',
    decimal: '-3.000000001',
    at: '2026-01-02T03:04:05.678901+00:00',
    day: '2026-01-02',
    clock: '03:04:05',
    either: null,
    tags: ['a', 'b'],
    address: { city: 'Köln', zip: null },
    any: [1.0, { a: 1e-7 }, true],
    object: { b: 'x', a: null },
    _sdc_deleted_at: null,
  }
  const text = JSON.stringify(usual, (_key, value: unknown) =>
    typeof value === 'bigint' ? `<${value}>` : value,
  ).replace(/"<(\d+)>"/, '$1')
  const ascii = text.replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const records = [
    text,
    ascii,
    text.replaceAll('":', '": ').replaceAll(',"', ', "'),
    `{"integer":1}`,
    ' {} ',
  ]
  const lines = records.map((record) => `{"type": "RECORD", "stream": "s", "record": ${record}}`)
  for (const options of EVERY_OPTIONS) {
    assert.deepEqual(await readBothWays(schema, lines, options), { direct: 4, added: 4 })
  }
})

const ID = schemaMessage({ id: { type: 'integer' } })

test('a line that is no whole message is not read from its bytes, also as the first', async () => {
  const lines = [
    '{"type":"RECORD","stream":"s","record":{"id":1}',
    '{"type":"RECORD","stream":"s","record":{"id":1}}}',
    '{"type":"RECORD","stream":"s","record":{"id":1}.5}',
    '{"type":"RECORD","stream":"s","record":{"id":1}e5}',
    '{"type":"RECORD","stream":"s","record":{"id":1},"record":0}',
    '{"type":"RECORD","stream":"s","record":{"id":1},"stream":"t"}',
    '{"type":"RECORD","stream":"s","\\u0072ecord":0,"x\\"record":{"id":1}}',
    '{"type":"RECORD","stream":"s","more":{"record":{"id":1}}}',
  ]
  for (const line of lines) {
    const { direct } = await readBothWays(ID, [line], EVERY_OPTIONS[0] ?? assert.fail())
    assert.equal(direct, 0, line)
  }
})

test('numbers that are printed longer than they were written keep to their room', async () => {
  const schema = schemaMessage({ json: {}, number: { type: 'number' } })
  for (const number of ['1e20', '1e9', '1e-5', '-1E+20']) {
    const line = `{"type":"RECORD","stream":"s","record":{"json":[${number},${number}],"number":${number}}}`
    const lines = Array.from({ length: 2000 }, () => line)
    for (const options of EVERY_OPTIONS) {
      assert.equal((await readBothWays(schema, lines, options)).added, 2000)
    }
  }
})

test('what the SCHEMA requires but does not describe is left to the whole check', () => {
  const message = schemaMessage({ id: { type: 'integer' } })
  message.schema['required'] = ['id', 'x']
  assert.equal(new Validators().rulesFor(message), undefined)
})
