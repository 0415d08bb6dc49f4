import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deletedAtCell, METADATA_NAMES } from '../../../src/loader/tables/metadata.ts'

test('has the seven columns of the Meltano SDK', () => {
  assert.deepEqual(METADATA_NAMES, [
    '_sdc_extracted_at',
    '_sdc_received_at',
    '_sdc_batched_at',
    '_sdc_deleted_at',
    '_sdc_sequence',
    '_sdc_table_version',
    '_sdc_sync_started_at',
  ])
})

test('marks a row as deleted even where the time is unreadable', () => {
  assert.equal(deletedAtCell(undefined, 5), null)
  assert.equal(deletedAtCell(null, 5), null)
  assert.equal(deletedAtCell('', 5), null)
  assert.equal(deletedAtCell('1970-01-01T00:00:01Z', 5), 1_000_000)
  assert.equal(deletedAtCell('2019-02-12T01:10:10.000000+00:00+00:00', 5), 5)
  assert.equal(deletedAtCell(true, 5), 5)
})
