import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKeyChanged, sourceToCount, sourceToTest } from '../../../src/page/form/key-test.ts'

const SOURCE = { app_api_key: 'k', region: 'us', cutoff_days: 7, requests_per_second: 5 }

test('only what a test depends on is sent, so that other settings start none', () => {
  assert.deepEqual(sourceToTest(SOURCE, undefined, undefined), { app_api_key: 'k', region: 'us' })
  assert.deepEqual(sourceToCount(SOURCE), {
    app_api_key: 'k',
    region: 'us',
    requests_per_second: 5,
  })
})

test('the region that a test has found is not tested again, another one is', () => {
  const tested = { app_api_key: 'k' }
  assert.equal(sourceToTest(SOURCE, tested, 'us'), tested)
  const eu = { ...SOURCE, region: 'eu' }
  assert.deepEqual(sourceToTest(eu, tested, 'us'), { app_api_key: 'k', region: 'eu' })
  const other = { ...SOURCE, app_api_key: 'other' }
  assert.deepEqual(sourceToTest(other, tested, 'us'), { app_api_key: 'other', region: 'us' })
})

test('a key is tested by itself only after a change of the key, the region or the address', () => {
  const base = { source: { cutoff_days: 3 } }
  assert.equal(isKeyChanged(base, { source: { cutoff_days: 7 } }), false)
  assert.equal(isKeyChanged(base, { source: { cutoff_days: 3, region: 'eu' } }), true)
  assert.equal(isKeyChanged(base, { source: { cutoff_days: 3, app_api_key: 'k' } }), true)
})
