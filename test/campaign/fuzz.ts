/** Loads 100,000 mutated Singer lines and 5,000 hostile stream names into every warehouse. */

import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { loadMutated } from '../conformance/support/fuzz.ts'
import { hostileNames, streamsOf } from '../conformance/support/hostile-names.ts'
import { loadText } from '../conformance/support/loading.ts'
import { mutatedLine } from '../conformance/support/mutations.ts'
import { WAREHOUSES, type WarehouseUnderTest } from '../conformance/support/warehouses.ts'
import type { Campaign, CampaignOptions, Outcome } from './campaign.ts'
import { withScope } from './scope.ts'

const LINES = 100_000
const LINES_AT_ONCE = 2000
const NAMES = 5000
const NAMES_AT_ONCE = 250

interface Totals {
  lines: number
  loads: number
  refused: number
  names: number
}

async function fuzz(under: WarehouseUnderTest, options: CampaignOptions, totals: Totals) {
  const rounds = Math.ceil((LINES * options.scale) / LINES_AT_ONCE)
  for (let round = 0; round < rounds; round++) {
    const seed = options.seed + round
    const lines = fc.sample(mutatedLine, { numRuns: LINES_AT_ONCE, seed })
    const { loads, rejected } = await withScope(async (scope) =>
      loadMutated(await under.create(scope), lines),
    ).catch((cause: Error) => {
      throw new Error(`${under.name}, seed ${seed}: ${cause.message}`, { cause })
    })
    totals.lines += lines.length
    totals.loads += loads
    totals.refused += rejected
    if (round % 10 === 9) options.say(`${under.name}: ${totals.lines} lines`)
  }
}

/** Each name gets its own table with its one row. */
async function nameStreams(under: WarehouseUnderTest, names: readonly string[]): Promise<void> {
  await withScope(async (scope) => {
    const warehouse = await under.create(scope)
    const config = { table_prefix: 'p_' }
    const { error } = await loadText({ url: warehouse.url, text: streamsOf(names), config })
    assert.equal(error, undefined)
    const tables = await warehouse.readAll()
    tables.delete('p__sdc_loads')
    const ids = [...tables.values()].map((rows) => rows.map((row) => row['id'])).flat()
    assert.deepEqual(
      ids.toSorted((a, b) => Number(a) - Number(b)),
      names.map((_, id) => id),
    )
    assert.equal(tables.size, names.length)
  })
}

export const FUZZ: Campaign = {
  name: 'fuzz',
  title:
    'Mutated Singer lines and hostile names: only documented errors, no other table, no leaked value',
  run: async (options): Promise<Outcome> => {
    const totals: Totals = { lines: 0, loads: 0, refused: 0, names: 0 }
    const failures: string[] = []
    const names = hostileNames(Math.ceil(NAMES * options.scale))
    for (const under of WAREHOUSES) {
      try {
        await fuzz(under, options, totals)
        for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
          await nameStreams(under, names.slice(from, from + NAMES_AT_ONCE))
          totals.names += Math.min(NAMES_AT_ONCE, names.length - from)
        }
      } catch (error) {
        failures.push((error as Error).message)
      }
    }
    return { figures: { ...totals }, failures }
  },
}
