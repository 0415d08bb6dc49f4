import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import type { Cut } from '../../support/clickhouse/cutting-proxy.ts'
import { loadWithCut } from './cut-connections.ts'

/** Statements that publish a unit, and what comes before and after them. */
const KINDS = [
  /^create table .*\.sdc_lock/s,
  /^alter table .* attach partition/s,
  /^insert into .*format RowBinary/s,
  /^create table .*\.sdc_unit/s,
  /^rename table/,
  /^exchange tables/,
  /^insert into .*_sdc_loads.*^select/ms,
  /^drop table .*\.sdc_unit/s,
]

for (const cut of ['before', 'after', 'late'] as const satisfies readonly Cut[]) {
  test(
    `a load whose connection is cut ${cut} a statement of each kind completes, and no row is lost or doubled`,
    { skip },
    async (t) => {
      const statements = await loadWithCut(t)
      for (const kind of KINDS) {
        const number = statements.findLastIndex((statement) => kind.test(statement)) + 1
        assert.ok(number > 0, String(kind))
        await loadWithCut(t, { number, cut })
      }
    },
  )
}
