/** Loads through a proxy that cuts one connection, and checks that nothing is lost or doubled. */

import assert from 'node:assert/strict'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { readTables, scenarioOf, type Scenario } from '../../conformance/support/scenario.ts'
import { cuttingProxy, type Cut } from '../../support/clickhouse/cutting-proxy.ts'
import type { Scope } from '../../support/programs.ts'

const SCENARIO = scenarioOf(2)
const BATCH_ROWS = 6

/** Loads the scenario, with the connection of one request cut. Returns all statements. */
export async function loadWithCut(
  scope: Scope,
  plan?: { number: number; cut: Cut },
): Promise<string[]> {
  const warehouse = await CLICKHOUSE_UNDER_TEST.create(scope)
  const url = new URL(warehouse.url)
  const proxy = await cuttingProxy(scope, Number(url.port))
  url.port = String(proxy.port)
  if (plan) proxy.cutAt(plan.number, plan.cut)
  const scenario: Scenario = SCENARIO
  const { error, stdout } = await loadText({
    url: url.href,
    text: scenario.lines.join(''),
    config: { batch_size_rows: BATCH_ROWS },
  })
  const statement = proxy.statements[(plan?.number ?? 1) - 1] ?? ''
  const where = `${plan?.cut ?? 'no cut'} ${plan?.number}: ${statement.slice(0, 80)}`
  assert.equal(error, undefined, `${where}: ${String(error)}`)
  assert.equal(await readTables(warehouse), scenario.tablesAfter.at(-1), where)
  assert.equal(stdout.at(-1), '{"round":3}', where)
  const loads = ((await warehouse.read('_sdc_loads')) ?? []).map((row) => row['load_number'])
  assert.deepEqual(
    loads.toSorted((a, b) => Number(a) - Number(b)),
    loads.map((_, at) => at + 1),
    where,
  )
  return proxy.statements
}
