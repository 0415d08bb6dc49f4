import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeTorn, killedFile } from './torn-wal.ts'

/** Cuts of the WAL; the campaign takes every length. */
const CUTS = 40

test('a WAL cut anywhere leaves whole commits, and the next load completes them (L37)', async (t) => {
  const file = await killedFile(t)
  assert.ok(file.wal.length > 5000)
  for (let cut = 0; cut <= CUTS; cut++) {
    const bytes = Math.floor((file.wal.length * cut) / CUTS)
    assert.deepEqual(await judgeTorn(file, t, bytes), [])
  }
})
