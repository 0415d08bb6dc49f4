import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { startPostgres, type PostgresServer } from '../../../support/postgres-server.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n{"type":"RECORD","stream":"s","record":{"id":1}}\n'
const SECRET = 'pass word/%é'

let server: PostgresServer

before(async () => {
  server = await startPostgres({
    access: [
      'host all scram_user all scram-sha-256',
      'host all md5_user all md5',
      'host all clear_user all password',
      'host all refused_user all reject',
    ],
  })
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`set password_encryption = 'scram-sha-256';
    create role scram_user superuser login password '${SECRET}';
    create role clear_user superuser login password '${SECRET}';
    create role refused_user login;
    set password_encryption = 'md5';
    create role md5_user superuser login password '${SECRET}'`)
  await client.end()
})

after(() => server?.stop())

async function loadAs(user: string, password: string) {
  const at = new URL(server.url)
  at.username = user
  at.password = encodeURIComponent(password)
  at.searchParams.set('sslmode', 'prefer')
  return loadText({ url: at.href, text: SCHEMA })
}

for (const kind of ['scram', 'md5', 'clear']) {
  test(`logs in by ${kind}, and reports a wrong or missing password in one sentence with a hint`, async () => {
    const right = await loadAs(`${kind}_user`, SECRET)
    assert.equal(right.error, undefined, String(right.error))
    for (const password of ['wrong-one', '']) {
      const { error, stderr } = await loadAs(`${kind}_user`, password)
      assert.ok(error instanceof AppError, String(error))
      assert.deepEqual(
        [error.code, error.exitStatus, error.isRetryable],
        ['WAREHOUSE_FAILED', 5, false],
      )
      assert.match(
        error.fullText,
        /^The PostgreSQL database postgres at 127\.0\.0\.1:\d+ could not be opened \(.*\)\. Correct the password in `warehouse_url`, PGPASSWORD or the password file\.$/,
      )
      assert.doesNotMatch(error.fullText + stderr.join(''), /wrong-one/)
    }
  })
}

test('names pg_hba.conf when it refuses a role', async () => {
  const { error } = await loadAs('refused_user', 'x')
  assert.ok(error instanceof AppError, String(error))
  assert.equal(error.code, 'WAREHOUSE_FAILED')
  assert.match(error.fullText, /refused_user.*pg_hba\.conf/)
})
