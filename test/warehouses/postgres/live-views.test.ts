import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshSchema, query } from '../../conformance/support/postgres.ts'

function input(type: string, value: number): string {
  const properties = { id: { type: 'integer' }, size: { type: ['null', type] } }
  return [
    { type: 'SCHEMA', stream: 'users', schema: { properties }, key_properties: ['id'] },
    { type: 'RECORD', stream: 'users', record: { id: 1, size: value } },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

test('a wider type keeps the live view with its grants, whether or not the load keeps views', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `${schema}_reader`
  await query(`create role ${role}`)
  t.after(async () => {
    await query(`drop owned by ${role}; drop role ${role}`)
  })
  const config = { create_live_views: true }
  assert.equal((await loadText({ url, text: input('integer', 1), config })).error, undefined)
  await query(`grant select on ${schema}.users_live to ${role} with grant option`)
  await query(`grant select on ${schema}.users_live to public`)
  assert.equal((await loadText({ url, text: input('number', 1.5) })).error, undefined)
  assert.deepEqual(await query(`select id, size from ${schema}.users_live`), [['1', '1.5']])
  const grants = await query(
    `select grantee, is_grantable from information_schema.role_table_grants where table_schema = '${schema}' and table_name = 'users_live' and privilege_type = 'SELECT' and grantee in ('PUBLIC', '${role}') order by 1`,
  )
  assert.deepEqual(grants, [
    ['PUBLIC', 'NO'],
    [role, 'YES'],
  ])
  assert.equal((await loadText({ url, text: input('number', 2.5), config })).error, undefined)
  assert.deepEqual(await query(`select size from ${schema}.users_live`), [['2.5']])
})

test('a view of somebody else on a live view keeps the column as it is', async (t) => {
  const { schema, url } = await freshSchema(t)
  const config = { create_live_views: true }
  assert.equal((await loadText({ url, text: input('integer', 1), config })).error, undefined)
  await query(`create view ${schema}.mine as select id, size from ${schema}.users_live`)
  const { error, stderr } = await loadText({ url, text: input('number', 1.5), config })
  assert.equal(error, undefined)
  assert.ok(stderr.some((line) => line.includes('other objects depend on it')))
  const live = `select size, size__number from ${schema}.users_live`
  assert.deepEqual(await query(live), [[null, '1.5']])
  assert.deepEqual(await query(`select size from ${schema}.mine`), [[null]])
})
