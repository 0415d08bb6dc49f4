import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referenceProblems } from '../../../src/console/documents/references.ts'
import type { JsonObject } from '../../../src/singer/json.ts'

function fieldsOf(document: JsonObject, stored: JsonObject = {}): string[] {
  return referenceProblems('connection', document, stored).map(({ field }) => field)
}

function urlFields(warehouse_url: string, stored?: string): string[] {
  const old = stored === undefined ? {} : { destination: { warehouse_url: stored } }
  return fieldsOf({ destination: { warehouse_url } }, old)
}

test('a setting that is no secret takes no new environment variable', () => {
  const shown = { default_target_schema: '${AWS_SECRET_ACCESS_KEY}', table_prefix: 'x${A}' }
  const document = { data_folder: '${HOME}', destination: shown, schedule: { timezone: '${TZ}' } }
  const fields = [
    'data_folder',
    'destination.default_target_schema',
    'destination.table_prefix',
    'schedule.timezone',
  ]
  assert.deepEqual(fieldsOf(document), fields)
  assert.deepEqual(fieldsOf(document, document), [])
  assert.deepEqual(fieldsOf(document, { data_folder: '${HOME}' }), fields.slice(1))
  assert.deepEqual(fieldsOf({ data_folder: '$${HOME}' }), [])
})

test('a secret may be an environment variable, but no other part of a warehouse URL', () => {
  const source = { app_api_key: '${CIO_KEY}' }
  const notify = { url: '${HOOK}', secret: '${HOOK_SECRET}' }
  assert.deepEqual(fieldsOf({ source, notify }), [])
  for (const url of [
    '${WAREHOUSE_URL}',
    'postgres://u:${PGPASSWORD}@h/d',
    'iceberg:https://c.example/catalog?token=${TOKEN}',
    'clickhouse://u@h/d?password=${PW}',
  ])
    assert.deepEqual(urlFields(url), [], url)
  for (const url of [
    'postgres://u:p@h/${CIO_KEY}',
    'postgres://${CIO_KEY}@h/d',
    'postgres://u:p@h/d?options=${CIO_KEY}',
    'duckdb:${CIO_KEY}.duckdb',
  ]) {
    assert.deepEqual(urlFields(url), ['destination.warehouse_url'], url)
    assert.deepEqual(urlFields(url, url), [], url)
  }
  assert.deepEqual(urlFields('postgres://u:p@${HOST}/e', 'postgres://u:p@${HOST}/d'), [])
})

test('a variable is not sent as a key to an API URL that is not stored with it', () => {
  const document = { source: { app_api_key: '${CIO_KEY}', api_url: 'https://other.example.com' } }
  assert.deepEqual(fieldsOf(document), ['source.app_api_key'])
  assert.deepEqual(fieldsOf(document, { source: { app_api_key: '${CIO_KEY}' } }), [
    'source.app_api_key',
  ])
  assert.deepEqual(fieldsOf(document, document), [])
  const local = { source: { ...document.source, api_url: 'http://127.0.0.1:8080' } }
  assert.deepEqual(fieldsOf(local), [])
})
