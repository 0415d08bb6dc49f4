import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validators } from '../../../src/loader/schema/validate.ts'
import { EVERY_OPTIONS, loadBothPaths, schemaMessage } from './both-paths.ts'
import { exploreChanges, exploreRecords } from './explore.ts'
import { names, schemaOf } from './generated-lines.ts'

test('the fast path leaves the same cells as the slow path, for every schema and spelling', async () => {
  const { fast, added } = await exploreRecords({ numRuns: 200 })
  assert.ok(fast > added / 6, `${fast} of ${added} records took the fast path`)
})

test('the fast path never reads changed bytes differently from the slow path', async () => {
  await exploreChanges({ numRuns: 300 })
})

test('records in their usual spelling take the fast path', async () => {
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
    assert.deepEqual(await loadBothPaths(schema, lines, options), { fast: 4, added: 4 })
  }
})

const ID = schemaMessage({ id: { type: 'integer' } })

test('a line that is not a complete message does not take the fast path, even as the first line', async () => {
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
    const { fast } = await loadBothPaths(ID, [line], EVERY_OPTIONS[0] ?? assert.fail())
    assert.equal(fast, 0, line)
  }
})

test('numbers that are printed longer than they were written do not overrun the buffer', async () => {
  const schema = schemaMessage({ json: {}, number: { type: 'number' } })
  for (const number of ['1e20', '1e9', '1e-5', '-1E+20']) {
    const line = `{"type":"RECORD","stream":"s","record":{"json":[${number},${number}],"number":${number}}}`
    const lines = Array.from({ length: 2000 }, () => line)
    for (const options of EVERY_OPTIONS) {
      assert.equal((await loadBothPaths(schema, lines, options)).added, 2000)
    }
  }
})

test('a required property without a schema needs the slow path', () => {
  const message = schemaMessage({ id: { type: 'integer' } })
  message.schema['required'] = ['id', 'x']
  assert.equal(new Validators().rulesFor(message), undefined)
})
