import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findPassword } from '../../../../src/warehouses/postgres/connect/password-file.ts'
import { temporaryFolder } from '../../../support/programs.ts'

const LINES = [
  '# a comment',
  'db.example:5432:d:u:first',
  'db.example:*:*:u:second',
  String.raw`*:*:*:odd\:user:pass\:word\\`,
  String.raw`*:*:*:slash\\:after the backslash`,
  '*:*:*:colon:before:after',
  '*:1:*:*:p',
  'localhost:*:d:*:by socket',
]
const ACCOUNT = { host: 'db.example', port: 5432, database: 'd', user: 'u' }

async function passwordFile(t: TestContext, mode: number): Promise<NodeJS.ProcessEnv> {
  const path = join(await temporaryFolder(t), 'pgpass')
  await writeFile(path, `${LINES.join('\n')}\n`, { mode })
  return { PGPASSFILE: path }
}

test('finds the password as libpq does, by the first line that matches', async (t) => {
  const env = await passwordFile(t, 0o600)
  const cases: [account: Partial<typeof ACCOUNT>, password: string | undefined][] = [
    [{}, 'first'],
    [{ port: 5433 }, 'second'],
    [{ user: 'odd:user' }, 'pass:word\\'],
    [{ user: 'slash\\' }, 'after the backslash'],
    [{ user: 'colon' }, 'before'],
    [{ host: 'other', port: 1 }, 'p'],
    [{ host: '/run/pg' }, 'by socket'],
    [{ user: 'x' }, undefined],
  ]
  for (const [account, password] of cases)
    assert.equal(await findPassword({ ...ACCOUNT, ...account }, env), password)
})

test('ignores a password file that is missing or that others may read', async (t) => {
  const missing = { PGPASSFILE: join(await temporaryFolder(t), 'none') }
  assert.equal(await findPassword(ACCOUNT, missing), undefined)
  assert.equal(await findPassword(ACCOUNT, await passwordFile(t, 0o644)), undefined)
})
