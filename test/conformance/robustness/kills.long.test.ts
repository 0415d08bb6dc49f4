import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killAt, placesOf } from '../support/kills.ts'
import { scenarioOf } from '../support/scenario.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

/** The number of kills per warehouse, at every kind of place. The campaign kills at every place. */
const KILLS = 20

function isUrgent(place: string): boolean {
  return /begin|commit|print|alter|append|copy|line/i.test(place)
}

/**
 * Chooses two places of each name, spread over the load. Places around transactions and STATE come
 * first. Numbers count from 1.
 */
function choosePlaces(places: readonly string[]): number[] {
  const names = [...new Set(places)]
  const sorted = names.toSorted((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)))
  const chosen = [...sorted, ...sorted].map((name, at) => {
    const numbers = places.flatMap((place, index) => (place === name ? [index + 1] : []))
    return numbers[Math.floor(((at * 0.618) % 1) * numbers.length)] ?? 1
  })
  const [urgent, others] = [true, false].map((wanted) =>
    chosen.filter((number) => isUrgent(places[number - 1] ?? '') === wanted),
  )
  return [...new Set([...(urgent ?? []), ...(others ?? [])])].slice(0, KILLS)
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: a load killed anywhere leaves a prefix of the input, and the next load completes it (L1)`, async (t) => {
    const scenario = scenarioOf(4)
    const places = await placesOf({ warehouse: await create(t), scenario, batchRows: 4 })
    assert.equal(places.filter((place) => place === 'line').length, scenario.lines.length)
    for (const place of choosePlaces(places)) {
      const run = { warehouse: await create(t), scenario, batchRows: 4 }
      const { wasKilled, errors } = await killAt(run, place)
      assert.deepEqual(errors, [], `killed ${places[place - 1]} (${place})`)
      assert.ok(wasKilled, `killed ${places[place - 1]} (${place})`)
    }
  })
}
