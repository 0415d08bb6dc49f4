/**
 * Kills loads at every position and truncates DuckDB's WAL to every length. After the next load,
 * every row must exist exactly once.
 */

import { killAt, placesOf, type KillOutcome } from '../conformance/support/kills.ts'
import { scenarioOf } from '../conformance/support/scenario.ts'
import { WAREHOUSES, type WarehouseUnderTest } from '../conformance/support/warehouses.ts'
import { judgeTorn, killedFile } from '../warehouses/duckdb/torn-wal.ts'
import type { Campaign, CampaignOptions, Outcome } from './campaign.ts'
import { withScope } from './scope.ts'

const BATCH_ROWS = [1, 4, 1000]
/** Concurrent loads. */
const WORKERS = 2

/** Runs the work for each number below `count`, `WORKERS` at a time. */
async function forEachOf(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
}

interface Tally {
  kills: number
  reruns: number
  failures: string[]
}

async function killEverywhere(
  under: WarehouseUnderTest,
  { scale, say }: CampaignOptions,
  tally: Tally,
): Promise<void> {
  const scenario = scenarioOf(Math.max(2, Math.round(4 * scale)))
  for (const batchRows of BATCH_ROWS) {
    const places = await withScope(async (scope) =>
      placesOf({ warehouse: await under.create(scope), scenario, batchRows }),
    )
    say(`${under.name}, batches of ${batchRows}: ${places.length} positions`)
    await forEachOf(places.length, async (index) => {
      const { wasKilled, errors } = await withScope(async (scope): Promise<KillOutcome> => {
        const run = { warehouse: await under.create(scope), scenario, batchRows }
        return killAt(run, index + 1)
      })
      if (wasKilled) tally.kills++
      tally.reruns++
      if (tally.reruns % 100 === 0) say(`${tally.kills} kills, ${tally.failures.length} failures`)
      const where = `${under.name}, batches of ${batchRows}, ${places[index]} (${index + 1})`
      tally.failures.push(...errors.map((error) => `${where}: ${error}`))
    })
  }
}

async function cutEverywhere({ scale, say }: CampaignOptions, tally: Tally): Promise<number> {
  return withScope(async (scope) => {
    const file = await killedFile(scope)
    const step = Math.max(1, Math.round(1 / scale))
    const cuts = Math.floor(file.wal.length / step) + 1
    say(`duckdb: ${cuts} lengths of the WAL`)
    await forEachOf(cuts, async (n) => {
      const errors = await withScope(async (inner) => judgeTorn(file, inner, n * step))
      tally.reruns++
      tally.failures.push(...errors)
    })
    return cuts
  })
}

export const KILLS: Campaign = {
  name: 'kills',
  title: 'Kills at every line and every database call, and a WAL truncated to every length',
  run: async (options): Promise<Outcome> => {
    const tally: Tally = { kills: 0, reruns: 0, failures: [] }
    for (const under of WAREHOUSES) await killEverywhere(under, options, tally)
    const cuts = await cutEverywhere(options, tally)
    const { kills, reruns, failures } = tally
    const count = (part: RegExp) => failures.filter((failure) => part.test(failure)).length
    const figures = {
      warehouses: WAREHOUSES.map(({ name }) => name).join(', '),
      kills,
      'WAL lengths': cuts,
      reruns,
      'tables that match no prefix of the input': count(/no prefix of the input/),
      'lost, duplicate or stale rows after the rerun': count(/after the next load/),
      'STATE ahead of the data': count(/: STATE of line/),
    }
    return { figures, failures }
  },
}
