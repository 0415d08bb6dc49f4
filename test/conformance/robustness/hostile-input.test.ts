import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loadMutated } from '../support/fuzz.ts'
import { mutatedLine } from '../support/mutations.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

/** Mutated lines; the campaign takes 100,000. */
const LINES = 3000

for (const { name, create } of WAREHOUSES) {
  test(`${name}: mutated lines end with a documented error or as rows, and touch nothing else (S10, S12, S23)`, async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.diagnostic(`seed ${seed}`)
    const lines = fc.sample(mutatedLine, { numRuns: LINES, seed })
    const totals = await loadMutated(await create(t), lines)
    assert.ok(totals.refused > 100)
  })
}
