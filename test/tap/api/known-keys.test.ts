import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonNumber, parseJson, type JsonObject } from '../../../src/singer/json.ts'
import { keyOf, KeySample, RecentKeys, rowKey } from '../../../src/tap/api/known-keys.ts'

test('distinguishes ids that only look alike', () => {
  const long = 'x'.repeat(10_000)
  const values = [
    1,
    '1',
    1.5,
    '1.5',
    true,
    'true',
    '',
    null,
    'null',
    long,
    `${long}y`,
    [1],
    { a: 1 },
  ]
  const large = ['9007199254740993', '9007199254740992', '9007199254740994'].map(parseJson)
  const keys = [...values, ...large].map(keyOf)
  assert.equal(new Set(keys).size, keys.length)
  assert.equal(keyOf(new JsonNumber('9007199254740993')), '9007199254740993')
})

test('stores no key that is much longer than an id', () => {
  assert.ok(String(keyOf('x'.repeat(1_000_000))).length < 100)
})

test('identifies rows by their ids, and rows without an id by their content', () => {
  const rows: JsonObject[] = [{ id: 1, a: 1 }, { id: 1, a: 2 }, { a: 1 }, { a: 2 }]
  const [first, edited, one, other] = rows.map(rowKey)
  assert.equal(first, edited)
  assert.notEqual(one, other)
})

test('knows the latest 32,768 keys, and never a key that was not added', () => {
  const keys = new RecentKeys()
  const count = 200_000
  for (let key = 0; key < count; key++)
    assert.equal(keys.add(key), true, `${key} was taken for known`)
  for (let key = count - 32_768; key < count; key++) assert.equal(keys.add(key), false)
})

test('counts how often keys are repeated, from a sample if there are many', () => {
  for (const count of [10, 1000, 300_000]) {
    const sample = new KeySample()
    for (let round = 1; round <= 3; round++) {
      for (let key = 0; key < count; key++) sample.add(`key ${key}`)
      assert.equal(sample.timesEach, round)
    }
  }
  assert.equal(new KeySample().timesEach, 0)
})
