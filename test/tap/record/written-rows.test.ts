import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WrittenRows } from '../../../src/tap/record/written-rows.ts'

test('a row is new once, and again when any of its fields has changed', () => {
  const written = new WrittenRows()
  const row = { id: 1, name: 'a', tags: ['x'] }
  assert.deepEqual(
    [row, row, { ...row }, { ...row, name: 'b' }, { ...row, tags: [] }, { ...row, id: 2 }, row].map(
      (raw) => written.add(raw),
    ),
    [true, false, false, true, true, true, false],
  )
})

test('remembers the latest 32,768 rows and forgets those of long ago', () => {
  const written = new WrittenRows()
  for (let id = 0; id < 100_000; id++) assert.ok(written.add({ id }))
  for (let id = 100_000 - 32_768; id < 100_000; id++) assert.ok(!written.add({ id }))
  assert.ok(written.add({ id: 0 }))
})
