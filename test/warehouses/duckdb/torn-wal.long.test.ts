import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeTorn, killedFile } from './torn-wal.ts'

/** How many lengths are tested. The campaign tests every length. */
const CUTS = 40

test('L37: a truncated WAL leaves complete commits, and the next load completes the rest', async (t) => {
  const file = await killedFile(t)
  assert.ok(file.wal.length > 5000)
  for (let cut = 0; cut <= CUTS; cut++) {
    const bytes = Math.floor((file.wal.length * cut) / CUTS)
    assert.deepEqual(await judgeTorn(file, t, bytes), [])
  }
})
