/** What another program sees while a load commits, after each of its statements. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { countCoveredLines, readTables, scenarioOf } from '../../conformance/support/scenario.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'

/** The parts of the printed tables. */
function tablesOf(printed: string): string[] {
  return printed.split('\n\n')
}

test(
  'a reader sees each table before or after a commit, and a row of the ledger only after all tables',
  { skip },
  async (t) => {
    const scenario = scenarioOf(3)
    const warehouse = await CLICKHOUSE_UNDER_TEST.create(t)
    const url = new URL(warehouse.url)
    const proxy = await cuttingProxy(t, Number(url.port))
    url.port = String(proxy.port)
    const seen = new Set<string>()
    const problems: string[] = []
    proxy.onAnswer = async (statement) => {
      // Only these statements change what a reader sees.
      const isPublishing = /^(?:exchange|rename) tables?\b|^insert into .*_sdc_loads/s.test(
        statement,
      )
      if (!isPublishing && seen.size > 0 && proxy.statements.length % 4 > 0) return
      const loads = (await warehouse.read('_sdc_loads')) ?? []
      const states = loads.map(({ state }) => state).filter((state) => typeof state === 'string')
      const covered = Math.max(0, ...states.map((state) => countCoveredLines(scenario, state)))
      const found = await readTables(warehouse)
      seen.add(found)
      for (const [at, table] of tablesOf(found).entries()) {
        const after = scenario.tablesAfter.map((printed) => tablesOf(printed)[at])
        if (!after.slice(covered).includes(table)) {
          problems.push(`after ${statement.slice(0, 60)}, with STATE of line ${covered}:\n${table}`)
        }
      }
    }
    const { error } = await loadText({
      url: url.href,
      text: scenario.lines.join(''),
      config: { batch_size_rows: 6 },
    })
    assert.equal(error, undefined, String(error))
    assert.deepEqual(problems, [])
    assert.ok(seen.size > 3, `${seen.size} different contents were seen`)
  },
)
