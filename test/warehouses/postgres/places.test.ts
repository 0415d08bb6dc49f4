/** Which schema holds the tables, and which server settings matter. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { freshSchema, query } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'

const ID = '"schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]'

function schemaOf(stream: string): string {
  return `{"type":"SCHEMA","stream":"${stream}",${ID}}\n`
}

function record(stream: string, id: number): string {
  return `{"type":"RECORD","stream":"${stream}","record":{"id":${id}}}\n`
}

function wideRecord(id: number): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},"v":"x","j":{}}}\n`
}

for (const path of ['pg_temp', 'pg_temp, public', 'pg_catalog', 'information_schema']) {
  test(`search_path ${path}: refuses a schema of the system`, async (t) => {
    const { url } = await freshSchema(t)
    const at = new URL(url)
    at.searchParams.set('options', `-c search_path=${path.replace(' ', '\\ ')}`)
    const { error, stdout } = await loadText({
      url: at.href,
      text: schemaOf('s') + record('s', 1) + '{"type":"STATE","value":{"s":1}}\n',
    })
    assert.ok(error instanceof AppError && error.code === 'CONFIG_INVALID', String(error))
    assert.match(error.fullText, /belongs to the system.*default_target_schema/)
    assert.deepEqual(stdout, [])
  })
}

test('overrides server settings that would weaken a commit or change what is read', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `odd_${schema}`
  await query(`create role ${role} superuser login`)
  t.after(async () => {
    await query(`drop role ${role}`)
  })
  const [version] = await query(`select current_setting('server_version_num')::int`)
  const newer = Number(version?.[0])
  for (const setting of [
    'synchronous_commit = off',
    'quote_all_identifiers = on',
    ...(newer >= 140_000 ? ["idle_session_timeout = '1s'"] : []),
    ...(newer >= 170_000 ? ["transaction_timeout = '1s'"] : []),
  ]) {
    await query(`alter role ${role} set ${setting}`)
  }
  const at = new URL(url)
  at.username = role
  const text = `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":"string"},"j":{"type":"object"}}},"key_properties":["id"]}\n`
  await loadText({ url: at.href, text: text + wideRecord(1) })
  const names = [
    'synchronous_commit',
    'quote_all_identifiers',
    'idle_session_timeout',
    'transaction_timeout',
  ]
  const shown = names.map((name) => `current_setting('${name}', true)`).join(', ')
  await query(
    `alter table ${schema}._sdc_loads add column settings text default concat_ws(',', ${shown})`,
  )
  const { error } = await loadText({ url: at.href, text: text + wideRecord(2) })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await query(`select id, v, j from ${schema}.s order by id`), [
    ['1', 'x', '{}'],
    ['2', 'x', '{}'],
  ])
  const [found] = await query(
    `select settings from ${schema}._sdc_loads order by load_number desc limit 1`,
  )
  assert.match(found?.[0] ?? '', /^on,off(,0)*$/)
})
