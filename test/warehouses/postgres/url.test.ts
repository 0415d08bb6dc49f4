import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { findPassword } from '../../../src/warehouses/postgres/password-file.ts'
import { parseUrl } from '../../../src/warehouses/postgres/url.ts'
import { temporaryFolder } from '../../programs.ts'

function part(url: string, env: NodeJS.ProcessEnv = {}): unknown[] {
  const { host, port, user, password, database } = parseUrl(url, env)
  return [host, port, user, password, database]
}

function mode(url: string, env: NodeJS.ProcessEnv = {}): string {
  return parseUrl(url, env).sslMode
}

test('takes the parts of the URL, then its options, then the PG* variables', () => {
  const env = { PGHOST: 'h', PGPORT: '1', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd' }
  assert.deepEqual(part('postgres://a%40b:c%3Ad@e.example:6/f%20g'), [
    'e.example',
    6,
    'a@b',
    'c:d',
    'f g',
  ])
  assert.deepEqual(part('postgresql:', env), ['h', 1, 'u', 'p', 'd'])
  assert.deepEqual(part('postgres://x/y', env), ['x', 1, 'u', 'p', 'y'])
  assert.deepEqual(part('postgres:///y?host=/run/pg&user=me'), [
    '/run/pg',
    5432,
    'me',
    undefined,
    'y',
  ])
  assert.deepEqual(part('postgres://me@%2Frun%2Fpg/y'), ['/run/pg', 5432, 'me', undefined, 'y'])
  assert.deepEqual(part('postgres://me@[::1]:7'), ['::1', 7, 'me', undefined, 'me'])
})

test('hosts that are not local are checked in full', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '[::1]', '%2Ftmp']) {
    assert.equal(mode(`postgres://${host}/d`), 'prefer', host)
  }
  for (const host of ['db.example', '10.0.0.1', '128.0.0.1', '127.0.0.1.example', '[::2]']) {
    assert.equal(mode(`postgres://${host}/d`), 'verify-full', host)
  }
  assert.equal(mode('postgres://db.example/d', { PGSSLMODE: 'require' }), 'require')
  assert.equal(mode('postgres://db.example/d?sslmode=disable', { PGSSLMODE: 'require' }), 'disable')
})

test('refuses what it does not know, and shows no password', () => {
  const cases: [url: string, text: RegExp][] = [
    ['postgres://u:secret@h/d?sslmode=on', /`sslmode` must be one of disable, allow/],
    ['postgres://u:secret@h/d?pool=1', /option "pool"; known are host, port/],
    ['postgres://u:sec%ret@h/d', /%25, also in the password/],
    ['postgres://u:secret@h/d?port=x', /whole number from 1 to 65535/],
    ['postgres://u:secret@a,b/d', /several hosts/],
    ['postgres://u:secret@h/d?lock_wait_seconds=-1', /`lock_wait_seconds` must be a number/],
    ['postgres://u:secret@h:99999/d', /is no URL/],
    ['postgres://u:12?secret@h/d', /Write # as %23, \? as %3F/],
    ['postgres://u:12/secret@h/d', /Write # as %23/],
    ['postgres://u:12#secret@h/d', /Write # as %23/],
  ]
  for (const [url, text] of cases) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError && error.code === 'CONFIG_INVALID', String(error))
        assert.match(error.fullText, text)
        assert.doesNotMatch(error.fullText, /secret|sec%/)
        return true
      },
    )
  }
})

test('finds the password in the password file, which nobody else may read', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'pgpass')
  const lines = [
    '# a comment',
    'db.example:5432:d:u:first',
    String.raw`*:*:*:odd\:user:pass\:word\\`,
    'localhost:*:d:*:by socket',
  ]
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  const env = { PGPASSFILE: path }
  const account = { host: 'db.example', port: 5432, database: 'd', user: 'u' }
  assert.equal(await findPassword(account, env), 'first')
  assert.equal(await findPassword({ ...account, user: 'odd:user' }, env), 'pass:word\\')
  assert.equal(await findPassword({ ...account, host: '/run/pg' }, env), 'by socket')
  assert.equal(await findPassword({ ...account, user: 'x' }, env), undefined)
  assert.equal(await findPassword(account, { PGPASSFILE: join(folder, 'none') }), undefined)
  const open = join(folder, 'open')
  await writeFile(open, `${lines.join('\n')}\n`, { mode: 0o644 })
  assert.equal(await findPassword(account, { PGPASSFILE: open }), undefined)
})
