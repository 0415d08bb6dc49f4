import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { idsOf, prepare, unitOf } from './units.ts'

test(
  'equal rows are loaded as often as they come, into a table that drops equal inserts',
  { skip },
  async (t) => {
    const { tested, database, create } = await prepare(t)
    const warehouse = await create()
    await warehouse.open()
    await warehouse.commit(unitOf(1, 1))
    await clickhouseQuery(
      `alter table ${database}.s modify setting non_replicated_deduplication_window = 100`,
    )
    await warehouse.commit(unitOf(2, 5, 5))
    assert.deepEqual(await idsOf(tested), [1, 5, 5])
  },
)
