import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshSchema, query } from '../../conformance/support/postgres.ts'

function input(description: string, name: string): string {
  const properties = {
    id: { type: 'integer', description: 'Number.' },
    name: { type: ['null', 'string'], description: name },
  }
  return [
    {
      type: 'SCHEMA',
      stream: 'users',
      schema: { properties, description },
      key_properties: ['id'],
    },
    { type: 'RECORD', stream: 'users', record: { id: 1 } },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

async function commentsOf(schema: string): Promise<(string | null)[][]> {
  return query(`select obj_description(oid, 'pg_class'), col_description(oid, 1), col_description(oid, 2)
    from pg_class where oid = '${schema}.users'::regclass`)
}

test('the comments are where other programs look for them', async (t) => {
  const { schema, url } = await freshSchema(t)
  assert.equal((await loadText({ url, text: input("It's", 'A\nB') })).error, undefined)
  assert.deepEqual(await commentsOf(schema), [["It's", 'Number.', 'A\nB']])
})

test('a role that does not own the table loads, and leaves the comments alone', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `role_${schema}`
  await query(`create role ${role} login`)
  t.after(async () => {
    await query(`drop owned by ${role} cascade; drop role ${role}`)
  })
  assert.equal((await loadText({ url, text: input('T.', 'A.') })).error, undefined)
  await query(`grant usage, create on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role}`)
  const at = new URL(url)
  at.username = role
  const { error } = await loadText({ url: at.href, text: input('New.', 'New.') })
  assert.equal(error, undefined)
  assert.deepEqual(await commentsOf(schema), [['T.', 'Number.', 'A.']])
  assert.equal((await loadText({ url, text: input('Newer.', 'Newer.') })).error, undefined)
  assert.deepEqual(await commentsOf(schema), [['Newer.', 'Number.', 'Newer.']])
  const ledger = `select comments is null from ${schema}._sdc_loads order by load_number`
  assert.deepEqual(await query(ledger), [['f'], ['t'], ['f']])
})
