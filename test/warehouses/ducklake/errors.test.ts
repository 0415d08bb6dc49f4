import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { classifyLakeError, wrapLakeError } from '../../../src/warehouses/ducklake/errors.ts'

const FILE = 's3://lake/cio/main/s/ducklake-1.parquet'
const PUT = `HTTP PUT to 'http://127.0.0.1:9000/lake/cio/main/s/ducklake-1.parquet'`

function wrapped(message: string, isCommitting = false): AppError {
  const error = wrapLakeError(new Error(message), {
    what: 'DuckLake refused a batch',
    isCommitting,
  })
  assert.ok(error instanceof AppError)
  return error
}

test('retries a batch when the object store cannot be reached or is overloaded', () => {
  for (const message of [
    `IO Error: Could not connect to server error for ${PUT}`,
    `IO Error: Could not resolve hostname error for ${PUT}`,
    `IO Error: Failure when receiving data from the peer error for ${PUT}`,
    `IO Error: Server returned nothing (no headers, no data) error for ${PUT}`,
    `IO Error: Transferred a partial file error for ${PUT}`,
    `IO Error: Timeout was reached error for ${PUT}`,
    `HTTP Error: Request returned HTTP 503 for ${PUT}`,
    `HTTP Error: Request returned HTTP 429 for ${PUT}`,
  ]) {
    const error = wrapped(message)
    assert.equal(classifyLakeError(error), 'transient', message)
    assert.equal(error.code, 'CONNECTION_FAILED', message)
    assert.match(error.fullText, /`data_path`.*AWS_ENDPOINT_URL.*Run again/, message)
  }
})

test('does not retry what the object store refuses, and names the settings to check', () => {
  for (const [status, body, hint] of [
    [
      'Forbidden (HTTP code 403)',
      'InvalidAccessKeyId: no such key',
      /AWS_ACCESS_KEY_ID.*AWS_REGION/,
    ],
    ['Forbidden (HTTP code 403)', 'SignatureDoesNotMatch: other', /AWS_SECRET_ACCESS_KEY/],
    ['Not Found (HTTP code 404)', 'NoSuchBucket: no bucket', /Create the bucket.*AWS_ENDPOINT_URL/],
    [
      'Not Found (HTTP code 404)',
      'NoSuchKey: The key does not exist',
      /file of the lake is missing/,
    ],
    ['Bad Request (HTTP code 400)', 'ExpiredToken: expired', /AWS_REGION, AWS_SESSION_TOKEN/],
    ['Moved Permanently (HTTP code 301)', 'PermanentRedirect: go', /AWS_REGION/],
  ] as const) {
    const message = `HTTP Error: Unable to connect to URL ${FILE}: ${status}\n\n${body}`
    const error = wrapped(message)
    assert.equal(classifyLakeError(error), 'final', message)
    assert.equal(error.code, 'WAREHOUSE_FAILED', message)
    assert.match(error.fullText, hint, message)
    assert.match(error.fullText, /`data_path`/, message)
    assert.equal(classifyLakeError(wrapped(message, true)), 'final', message)
  }
  const untrusted = `IO Error: SSL peer certificate or SSH remote key was not OK error for ${PUT}`
  assert.equal(classifyLakeError(wrapped(untrusted)), 'final')
  assert.match(wrapped(untrusted).fullText, /certificate of the object store/)
})

test('a value in a statement for the catalog is no error of the object store', () => {
  const message = `IO Error: Failed to execute query "INSERT INTO t VALUES ('HTTP 404, NoSuchBucket')": server closed the connection unexpectedly`
  assert.equal(classifyLakeError(wrapped(message)), 'transient')
  assert.doesNotMatch(wrapped(message).fullText, /data_path/)
  assert.equal(classifyLakeError(wrapped(message, true)), 'outcome-unknown')
})
