import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrapText } from '../../src/terminal/wrapped-text.ts'

test('a text breaks between words, and a long word stays whole', () => {
  assert.deepEqual(wrapText('When the newsletter was last updated.', 16), [
    'When the',
    'newsletter was',
    'last updated.',
  ])
  assert.deepEqual(wrapText('a relationship_attribute b', 6), ['a', 'relationship_attribute', 'b'])
  assert.deepEqual(wrapText('of exactly', 10), ['of exactly'])
  assert.deepEqual(wrapText('', 10), [''])
})

test('nothing is broken where there is no limit', () => {
  const text = 'A description of a column. '.repeat(20).trim()
  assert.deepEqual(wrapText(text, Number.POSITIVE_INFINITY), [text])
})
