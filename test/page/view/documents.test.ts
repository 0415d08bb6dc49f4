import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  differences,
  mergeEdits,
  textAt,
  valueAt,
  valueText,
  withValue,
  type Document,
} from '../../../src/page/view/documents.ts'

const BASE: Document = {
  source: { region: 'us', cutoff_days: 30 },
  destination: { table_prefix: 'cio_' },
  resources: { campaigns: 'incremental' },
}

test('a value is found by its path', () => {
  assert.equal(valueAt(BASE, 'source.region'), 'us')
  assert.equal(valueAt(BASE, 'source.region.more'), undefined)
  assert.equal(textAt(BASE, 'source.cutoff_days'), '30')
  assert.equal(textAt(BASE, 'source'), '')
})

test('a change leaves the document as it was', () => {
  const changed = withValue(BASE, 'destination.warehouse.engine', 'postgres')
  assert.deepEqual(changed['destination'], {
    table_prefix: 'cio_',
    warehouse: { engine: 'postgres' },
  })
  assert.deepEqual(BASE['destination'], { table_prefix: 'cio_' })
  assert.deepEqual(withValue(BASE, 'source.region', undefined)['source'], { cutoff_days: 30 })
})

test('two edits of other settings are both kept', () => {
  const ours = withValue(BASE, 'source.cutoff_days', 7)
  const theirs = withValue(BASE, 'destination.table_prefix', 'x_')
  assert.deepEqual(mergeEdits(BASE, ours, theirs), {
    document: withValue(ours, 'destination.table_prefix', 'x_'),
    conflicts: [],
    theirs: ['destination.table_prefix'],
  })
})

test('two edits of the same setting are a conflict, and ours comes first', () => {
  const ours = withValue(BASE, 'source.region', 'eu')
  const theirs = withValue(BASE, 'source.region', undefined)
  const { document, conflicts } = mergeEdits(BASE, ours, theirs)
  assert.deepEqual(conflicts, ['source.region'])
  assert.equal(valueAt(document, 'source.region'), 'eu')
})

test('the same edit of two people is no conflict', () => {
  const both = withValue(BASE, 'resources.newsletters', 'full_refresh')
  assert.deepEqual(mergeEdits(BASE, both, both).conflicts, [])
})

test('a removed setting stays removed', () => {
  const ours = withValue(BASE, 'source.cutoff_days', undefined)
  const theirs = withValue(BASE, 'source.region', 'eu')
  assert.deepEqual(mergeEdits(BASE, ours, theirs).document['source'], { region: 'eu' })
})

test('an edit that nobody else touched is kept as it is', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  const section = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value)
  const document = fc.dictionary(fc.constantFrom('x', 'y'), section)
  fc.assert(
    fc.property(document, document, (base, ours) => {
      const { document: merged, conflicts } = mergeEdits(base, ours, base)
      assert.deepEqual(conflicts, [])
      assert.deepEqual(
        differences(merged, ours).filter((path) => valueAt(ours, path) !== undefined),
        [],
      )
    }),
  )
})

test('a value is shown as JSON, and a missing one as a word', () => {
  assert.deepEqual(
    [valueText(undefined), valueText('us'), valueText(7), valueText(null)],
    ['not set', 'us', '7', 'null'],
  )
})
