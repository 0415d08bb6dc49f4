import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifyIcebergError } from '../../../src/warehouses/iceberg/errors.ts'

function kindOf(message: string): string {
  return classifyIcebergError(new Error(message))
}

test('retries what may pass, and no request that the catalog does not accept', () => {
  const table = 'HTTP Error: GetTableInformation endpoint returned response code'
  assert.equal(kindOf(`${table} ServiceUnavailable_503 with message "busy"`), 'transient')
  assert.equal(kindOf(`${table} BadRequest_400 with message "Invalid table name"`), 'final')
  assert.equal(kindOf(`${table} Forbidden_403 with message "no"`), 'final')
  assert.equal(kindOf('HTTP Error: HTTP POST failed: Conflict_409'), 'transient')
})
