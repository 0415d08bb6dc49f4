import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asUsersSee, isSameOutput } from './output.ts'

const SAME: readonly [string, string][] = [
  ['seconds █  max 1.9', 'seconds █  max 3'],
  ['seconds █▁  max 12', 'seconds ▁█  max 0.4'],
  ['18 requests, 0 retries, 2 s.', '18 requests, 0 retries, 1 min 2 s.'],
  ['newsletters  10  10  0.1', 'newsletters  10  10  12.0'],
  ['"seconds":2,"rows":67', '"seconds":1.25,"rows":67'],
  ['(4 s ago)', '(1 min ago)'],
  ['secs\n----\n 1.9', 'secs\n-----\n 10.2'],
]

for (const [first, second] of SAME) {
  test(`takes ${JSON.stringify(second)} for ${JSON.stringify(first)}`, () => {
    assert.ok(isSameOutput(first, second))
  })
}

const OTHER: readonly [string, string][] = [
  ['rows    █  max 67', 'rows    █  max 68'],
  ['18 requests, 0 retries', '18 requests, 1 retries'],
  ['"rows":67', '"rows":66'],
  ['succeeded', 'failed'],
]

for (const [first, second] of OTHER) {
  test(`does not take ${JSON.stringify(second)} for ${JSON.stringify(first)}`, () => {
    assert.ok(!isSameOutput(first, second))
  })
}

test('the pages name the region of the key, and neither the sandbox nor the folder of the test', () => {
  const places = { url: 'http://127.0.0.1:1234/v1', folder: '/tmp/test-1' }
  const output = [
    'The key works.',
    'ok  key   The key works (http://127.0.0.1:1234/v1).',
    'ok  file  /tmp/test-1/connection.json, http://127.0.0.1:1234/v1/newsletters',
  ]
  assert.deepEqual(asUsersSee(output.join('\n'), places).split('\n'), [
    'The key works in region us.',
    'ok  key   The key works (region us).',
    'ok  file  /home/you/customerio/connection.json, https://api.customer.io/v1/newsletters',
  ])
})
