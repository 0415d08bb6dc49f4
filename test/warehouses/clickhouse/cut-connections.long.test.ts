import { test } from 'node:test'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import type { Cut } from '../../support/clickhouse/cutting-proxy.ts'
import { loadWithCut } from './cut-connections.ts'

/** Odd, so that each kind of cut meets each kind of statement. */
const STEP = 7

for (const [at, cut] of (['before', 'after', 'late'] as const satisfies readonly Cut[]).entries()) {
  test(
    `a load whose connection is cut ${cut} any statement completes, and no row is lost or doubled`,
    { skip },
    async (t) => {
      const { length } = await loadWithCut(t)
      for (let number = 1 + at; number <= length; number += STEP) {
        await loadWithCut(t, { number, cut })
      }
    },
  )
}
