import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newestColumn, replicationKeyOf } from '../../../src/loader/inspect/newest-column.ts'
import type { ColumnType } from '../../../src/loader/schema/types.ts'
import type { FoundTable } from '../../../src/loader/warehouse.ts'
import { DUCKDB } from '../../../src/warehouses/duckdb/dialect.ts'

function table(columns: Record<string, ColumnType['kind'] | undefined>): FoundTable {
  return {
    name: 't',
    columns: Object.entries(columns).map(([name, kind]) => ({
      name,
      type: kind && ({ kind } as ColumnType),
    })),
  }
}

test('the replication key comes from the STATE of any tap', () => {
  const state = '{"bookmarks":{"users":{"replication_key":"updated","replication_key_value":"x"}}}'
  assert.equal(replicationKeyOf(state, 'users'), 'updated')
  for (const other of [null, '{}', '[]', '{"bookmarks":{"users":{"updated":"x"}}}']) {
    assert.equal(replicationKeyOf(other, 'users'), undefined)
  }
})

test('the newest rows have the greatest replication key, otherwise the last time of a load', () => {
  const columns = table({ id: 'integer', Updated: 'timestamp', _sdc_received_at: 'timestamp' })
  assert.equal(newestColumn(columns, DUCKDB, 'updated')?.name, 'Updated')
  assert.equal(newestColumn(columns, DUCKDB, undefined)?.name, '_sdc_received_at')
  assert.equal(newestColumn(table({ updated: 'json' }), DUCKDB, 'updated'), undefined)
  assert.equal(newestColumn(table({ updated: undefined }), DUCKDB, 'updated'), undefined)
})
