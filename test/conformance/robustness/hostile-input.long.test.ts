import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loadMutated } from '../support/fuzz.ts'
import { mutatedLine } from '../support/mutations.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

/** The number of mutated lines. The campaign uses 100,000. */
const LINES = 3000

for (const { name, create } of WAREHOUSES) {
  test(`${name}: mutated lines become rows or a documented error, and change nothing else (S10, S12, S23)`, async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.diagnostic(`seed ${seed}`)
    const lines = fc.sample(mutatedLine, { numRuns: LINES, seed })
    const totals = await loadMutated(await create(t), lines)
    assert.ok(totals.rejected > 100)
  })
}
