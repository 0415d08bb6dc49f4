import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deletionMarks } from '../../../src/loader/tables/live-views.ts'
import { TableColumns } from '../../../src/loader/tables/table-columns.ts'
import { DUCKDB } from '../../../src/warehouses/duckdb/dialect.ts'

test('a row is deleted when the mark is set, or its variant column', () => {
  const id = { name: 'id', type: { kind: 'integer' } } as const
  const mark = { name: '_sdc_deleted_at', type: undefined }
  const variant = { name: '_sdc_deleted_at__timestamp', type: { kind: 'timestamp' } } as const
  assert.deepEqual(deletionMarks(new TableColumns(DUCKDB, [id])), [])
  assert.deepEqual(deletionMarks(new TableColumns(DUCKDB, [id, mark])), [mark.name])
  assert.deepEqual(deletionMarks(new TableColumns(DUCKDB, [id, mark, variant])), [
    mark.name,
    variant.name,
  ])
})
