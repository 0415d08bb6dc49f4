import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deletedAtCell, METADATA_NAMES, microsOfText } from '../../../src/loader/tables/metadata.ts'

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

test('takes a record as deleted even where its time cannot be read', () => {
  assert.equal(deletedAtCell(undefined, 5), null)
  assert.equal(deletedAtCell(null, 5), null)
  assert.equal(deletedAtCell('', 5), null)
  assert.equal(deletedAtCell('1970-01-01T00:00:01Z', 5), 1_000_000)
  assert.equal(deletedAtCell('2019-02-12T01:10:10.000000+00:00+00:00', 5), 5)
  assert.equal(deletedAtCell(true, 5), 5)
})

test('keeps microseconds exact in every year', () => {
  assert.equal(microsOfText('2020-01-01T00:00:00.123456Z'), 1_577_836_800_123_456)
  assert.equal(microsOfText('9999-12-31T23:59:59.999999Z'), 253_402_300_799_999_999n)
  assert.equal(microsOfText('0001-01-01T00:00:00.000001Z'), -62_135_596_799_999_999n)
  assert.equal(microsOfText('1970-01-02'), 86_400_000_000)
})
