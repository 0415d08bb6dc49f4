import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ApiError } from '../../../src/console/api/problems.ts'
import { readCookie, setCookie } from '../../../src/console/security/cookie.ts'
import { LoginLimit } from '../../../src/console/security/login-limit.ts'
import { LoginLinks } from '../../../src/console/security/login-links.ts'
import { logIn } from '../../../src/console/security/login.ts'
import { isPassword, isPasswordSet, setPassword } from '../../../src/console/security/password.ts'
import { Sessions } from '../../../src/console/security/sessions.ts'
import { DAY_MS, MINUTE_MS } from '../../../src/time.ts'
import { temporaryFolder } from '../../support/programs.ts'

const PASSWORD = 'correct horse battery staple'

async function makeParts(t: TestContext) {
  const folder = await temporaryFolder(t)
  let nowMs = 1_000_000
  let logins = 0
  const parts = {
    sessions: await Sessions.open(join(folder, 'sessions.json')),
    links: new LoginLinks(),
    limit: new LoginLimit(),
    passwordPath: join(folder, 'password.json'),
    now: () => nowMs,
    onLogin: () => logins++,
  }
  return { folder, parts, pass: (ms: number) => (nowMs += ms), loginCount: () => logins }
}

async function refusalOf(login: Promise<unknown>): Promise<string> {
  const error = await login.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ApiError)
  return error.code
}

test('a link logs in once', async (t) => {
  const { parts, loginCount } = await makeParts(t)
  const { token } = parts.links.create(parts.now())
  const { secret } = await logIn(parts, { token }, 'a')
  assert.ok(parts.sessions.expiryOf(secret, parts.now()))
  assert.equal(loginCount(), 1)
  assert.equal(await refusalOf(logIn(parts, { token }, 'a')), 'LOGIN_REFUSED')
})

test('a link expires after a day, and a session after seven', async (t) => {
  const { parts, pass } = await makeParts(t)
  const old = parts.links.create(parts.now())
  pass(DAY_MS)
  assert.equal(await refusalOf(logIn(parts, old, 'a')), 'LOGIN_REFUSED')
  const { secret } = await logIn(parts, parts.links.create(parts.now()), 'a')
  pass(7 * DAY_MS - 1)
  assert.ok(parts.sessions.expiryOf(secret, parts.now()))
  pass(1)
  assert.equal(parts.sessions.expiryOf(secret, parts.now()), undefined)
})

test('sessions survive a restart, and their file holds no secret', async (t) => {
  const { folder, parts } = await makeParts(t)
  const { secret } = await parts.sessions.create(parts.now())
  const path = join(folder, 'sessions.json')
  assert.ok(!(await readFile(path, 'utf8')).includes(secret))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const again = await Sessions.open(path)
  assert.ok(again.expiryOf(secret, parts.now()))
  await again.delete(secret)
  assert.equal((await Sessions.open(path)).expiryOf(secret, parts.now()), undefined)
  await writeFile(path, '[{"hash": 1}]')
  assert.equal((await Sessions.open(path)).expiryOf(secret, parts.now()), undefined)
})

test('the password logs in, and only its scrypt hash is stored', async (t) => {
  const { parts } = await makeParts(t)
  assert.equal(await isPasswordSet(parts.passwordPath), false)
  assert.equal(await isPassword(parts.passwordPath, PASSWORD), false)
  await assert.rejects(setPassword(parts.passwordPath, 'too short'), /12 to 1000 characters/)
  await setPassword(parts.passwordPath, PASSWORD)
  assert.ok(!(await readFile(parts.passwordPath, 'utf8')).includes(PASSWORD))
  assert.equal((await stat(parts.passwordPath)).mode & 0o777, 0o600)
  await logIn(parts, { password: PASSWORD }, 'a')
  assert.equal(await refusalOf(logIn(parts, { password: `${PASSWORD}.` }, 'a')), 'LOGIN_REFUSED')
})

test('failed logins of an address must wait longer and longer, at most 15 minutes', () => {
  const limit = new LoginLimit()
  for (let count = 0; count < 4; count++) limit.fail('a', 0)
  assert.equal(limit.waitMs('a', 0), 0)
  limit.fail('a', 0)
  assert.equal(limit.waitMs('a', 0), 1000)
  assert.equal(limit.waitMs('a', 400), 600)
  limit.fail('a', 1000)
  assert.equal(limit.waitMs('a', 1000), 2000)
  assert.equal(limit.waitMs('b', 1000), 0)
  for (let count = 0; count < 100; count++) limit.fail('a', 1000)
  assert.equal(limit.waitMs('a', 1000), 15 * MINUTE_MS)
  limit.succeed('a')
  assert.equal(limit.waitMs('a', 1000), 0)
})

test('attempts at once count one by one', async (t) => {
  const { parts } = await makeParts(t)
  const codes = await Promise.all(
    Array.from({ length: 8 }, async () => refusalOf(logIn(parts, { token: 'wrong' }, 'a'))),
  )
  assert.deepEqual(codes.toSorted(), [
    ...Array.from({ length: 5 }, () => 'LOGIN_REFUSED'),
    ...Array.from({ length: 3 }, () => 'TOO_MANY_LOGINS'),
  ])
})

test('the cookie is for the server only, and read by its whole name', () => {
  const options = { name: 'session', isSecure: true }
  assert.equal(
    setCookie(options, 'abc', 60),
    'session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure',
  )
  assert.equal(readCookie('other=1; session=abc', 'session'), 'abc')
  assert.equal(readCookie('my_session=abc', 'session'), undefined)
  assert.equal(readCookie(undefined, 'session'), undefined)
})
