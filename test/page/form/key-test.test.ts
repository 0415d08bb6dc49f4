import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isSameTest,
  isTestedAtOnce,
  isTyped,
  regionToEnter,
  sourceToCount,
  sourceToTest,
} from '../../../src/page/form/key-test.ts'
import type { Document } from '../../../src/page/view/documents.ts'

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

test('a stored key is tested by itself only after a change of it, its region or address', () => {
  const base = { source: { cutoff_days: 3 } }
  const isTested = (source: Document, isNew = false) =>
    isTestedAtOnce({ base, document: { source }, isNew })
  assert.equal(isTested({ cutoff_days: 7 }), false)
  assert.equal(isTested({ cutoff_days: 7 }, true), true)
  assert.equal(isTested({ cutoff_days: 3, region: 'eu' }), true)
  assert.equal(isTested({ cutoff_days: 3, app_api_key: 'k' }), true)
})

/** What is entered after a test has found that a key belongs to `us`. */
function enter(source: Document, base: Document, isNew: boolean): string | undefined {
  return regionToEnter({ document: { source }, base: { source: base }, isNew }, 'us')
}

test('the region of the key replaces another one that was chosen', () => {
  assert.equal(enter({ app_api_key: 'k', region: 'eu' }, {}, true), 'us')
  assert.equal(enter({ app_api_key: 'k', region: 'us' }, {}, true), undefined)
  assert.equal(enter({ region: 'eu' }, { region: 'us' }, false), 'us')
  assert.equal(enter({ app_api_key: 'k', api_url: 'http://127.0.0.1' }, {}, true), undefined)
})

test('a stored connection without a region gets none unless its key was changed', () => {
  const document = { source: { cutoff_days: 3 } }
  assert.equal(regionToEnter({ document, base: document, isNew: false }, 'us'), undefined)
})

test('only what is typed may be half of a key', () => {
  assert.equal(isTyped({ inputType: 'insertText', data: 'k' }), true)
  assert.equal(isTyped({ inputType: 'deleteContentBackward', data: null }), true)
  assert.equal(isTyped({ inputType: 'insertCompositionText', data: 'key' }), true)
  assert.equal(isTyped({ inputType: 'insertFromPaste', data: null }), false)
  assert.equal(isTyped({ inputType: 'insertText', data: 'a-whole-key' }), false)
  assert.equal(isTyped({}), false, 'filled in by a password manager')
})

test('a setting that the test does not depend on leaves the test as it is', () => {
  assert.equal(isSameTest(SOURCE, { ...SOURCE, cutoff_days: 70 }), true)
  assert.equal(isSameTest(SOURCE, { ...SOURCE, app_api_key: 'other' }), false)
  assert.equal(isSameTest(SOURCE, undefined), false)
})
