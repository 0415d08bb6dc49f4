import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { classifyIcebergError, wrapIcebergError } from '../../../src/warehouses/iceberg/errors.ts'

const CATALOG = 'http://127.0.0.1:8181/v1/w'
const FILE = 's3://lake/w/public/s/data/1.parquet'
/** As DuckDB and its extensions word them. */
const GET_TABLE = 'HTTP Error: GetTableInformation endpoint returned response code'
const PUT = `HTTP PUT to 'http://127.0.0.1:9000/lake/1.parquet'`

function refused(path: string, status: string): string {
  return `Invalid Configuration Error: Request to '${CATALOG}/${path}' returned a non-200 status code (${status}). \n message: no\n type: SomeException\n`
}

function kindOf(message: string): string {
  return classifyIcebergError(new Error(message))
}

function textOf(message: string): string {
  const failure = { what: 'The Iceberg catalog refused a batch' }
  const error = wrapIcebergError(new Error(message), failure)
  assert.ok(error instanceof AppError, message)
  return error.fullText
}

test('retries what may pass, and no request that a server does not accept', () => {
  const kinds: [message: string, kind: string][] = [
    [`${GET_TABLE} ServiceUnavailable_503 with message "busy"`, 'transient'],
    [`${GET_TABLE} BadRequest_400 with message "Invalid table name"`, 'final'],
    [`${GET_TABLE} Forbidden_403 with message "no"`, 'final'],
    [refused('transactions/commit', 'Conflict_409'), 'transient'],
    [refused('config', 'BadGateway_502'), 'transient'],
    [refused('namespaces/public/tables', 'UnprocessableEntity_422'), 'final'],
    [`HTTP Error: Request returned HTTP 503 for ${PUT}`, 'transient'],
    [`IO Error: Could not connect to server error for ${PUT}`, 'transient'],
    [
      `IO Error: GET request to endpoint '${CATALOG}' failed: (ERROR Could not connect)`,
      'transient',
    ],
    [`HTTP Error: HTTP GET error on '${FILE}' (HTTP 404)`, 'final'],
    [
      `HTTP Error: HTTP GET error reading '${FILE}' in region 'r' (HTTP 403 Forbidden) AccessDenied`,
      'final',
    ],
    [
      `HTTP Error: Unable to connect to URL ${FILE}: Not Found (HTTP code 404)\n\nNoSuchBucket: no`,
      'final',
    ],
  ]
  for (const [message, kind] of kinds) assert.equal(kindOf(message), kind, message)
})

test('names the server that answered, with its status, and what to check', () => {
  const texts: [message: string, text: RegExp][] = [
    [refused('transactions/commit', 'ServiceUnavailable_503'), /the catalog .* status 503/],
    [
      refused('transactions/commit', 'Forbidden_403'),
      /the catalog .* 403.*grants for the namespace/,
    ],
    [refused('transactions/commit', 'Conflict_409'), /another commit came first/],
    [
      'Invalid Configuration Error: OAuth2 token request failed (Unauthorized_401): invalid_client',
      /the OAuth2 server answered with status 401.*ICEBERG_CLIENT_SECRET/,
    ],
    [
      `HTTP Error: Unable to connect to URL s3://lake/v1/1.parquet: Forbidden (HTTP code 403)`,
      /the object store answered with status 403.*AWS_SECRET_ACCESS_KEY/,
    ],
  ]
  for (const [message, text] of texts) assert.match(textOf(message), text)
})

test('takes no name and no text of a server for a status', () => {
  const absent = 'Catalog Error: Table with name t_404 does not exist!\nDid you mean "HTTP 503"?'
  assert.equal(kindOf(absent), 'final')
  assert.doesNotMatch(textOf(absent), /status/)
  assert.equal(kindOf('Catalog Error: Table with name Conflict_409 does not exist!'), 'final')
  assert.equal(kindOf('Catalog Error: Table with name AccessDenied does not exist!'), 'final')
  assert.doesNotMatch(
    textOf('Catalog Error: Table with name AccessDenied does not exist!'),
    /Check the keys/,
  )
  const busy = `${GET_TABLE} ServiceUnavailable_503 with message "returned response code Gone_410"`
  assert.equal(kindOf(busy), 'transient')
  assert.match(textOf(busy), /answered with status 503/)
  const table = `Invalid Configuration Error: Request to '${CATALOG}/namespaces/p/tables/t_404' returned a non-200 status code (BadGateway_502), with reason: Bad Gateway`
  assert.match(textOf(table), /answered with status 502/)
})

function kindOfCommit(status: string): string {
  const failure = { what: 'The Iceberg catalog refused a batch', isCommitting: true }
  const cause = new Error(refused('transactions/commit', status))
  return classifyIcebergError(wrapIcebergError(cause, failure))
}

test('only the ledger knows what became of a commit, unless it was refused', () => {
  assert.equal(kindOfCommit('Conflict_409'), 'outcome-unknown')
  assert.equal(kindOfCommit('InternalServerError_500'), 'outcome-unknown')
  assert.equal(kindOfCommit('Forbidden_403'), 'final')
})
