import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compactionOf, type DataFile } from '../../../src/warehouses/ducklake/compaction.ts'

const MEBIBYTE = 1024 * 1024
const NOTHING = { merges: false, rewrites: false, refreshed: [] }

function files(count: number, { bytes = 1000, hasDeletions = false } = {}): DataFile[] {
  return Array.from({ length: count }, (_, at) => ({ path: `${bytes}-${at}`, bytes, hasDeletions }))
}

test('leaves a few files as they are', () => {
  const some = [...files(4), ...files(4, { hasDeletions: true })]
  assert.deepEqual(compactionOf(some), NOTHING)
})

test('counts small files with deletions, and writes their rows again before it merges', () => {
  const some = [...files(4), ...files(5, { bytes: 2000, hasDeletions: true })]
  assert.deepEqual(compactionOf(some), {
    merges: true,
    rewrites: false,
    refreshed: ['2000-0', '2000-1', '2000-2', '2000-3', '2000-4'],
  })
})

test('leaves large files to the rewrite by the part of their rows that was deleted', () => {
  const large = { bytes: 100 * MEBIBYTE, hasDeletions: true }
  assert.deepEqual(compactionOf([...files(8, large), ...files(8)]), NOTHING)
  assert.deepEqual(compactionOf(files(9, large)), { ...NOTHING, rewrites: true })
})

test('merges files of medium size, but does not refresh them', () => {
  const medium = 20 * MEBIBYTE
  assert.deepEqual(compactionOf(files(9, { bytes: medium, hasDeletions: true })), {
    ...NOTHING,
    rewrites: true,
  })
  assert.deepEqual(compactionOf(files(9, { bytes: medium })), { ...NOTHING, merges: true })
})
