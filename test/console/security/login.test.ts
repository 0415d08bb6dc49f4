import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ApiError } from '../../../src/console/api/problems.ts'
import {
  clientOf,
  type AddressFacts,
  type Client,
} from '../../../src/console/security/client-address.ts'
import { readCookie, setCookie } from '../../../src/console/security/cookie.ts'
import { HashQueue } from '../../../src/console/security/hash-queue.ts'
import { limitedNetwork, LoginLimit } from '../../../src/console/security/login-limit.ts'
import { LoginLinks } from '../../../src/console/security/login-links.ts'
import { logIn } from '../../../src/console/security/login.ts'
import { isPassword, isPasswordSet, setPassword } from '../../../src/console/security/password.ts'
import { Sessions } from '../../../src/console/security/sessions.ts'
import { DAY_MS, MINUTE_MS } from '../../../src/time.ts'
import { temporaryFolder } from '../../support/programs.ts'

const CLIENT = { address: '10.0.0.1' }
const PASSWORD = 'correct horse battery staple'

async function makeParts(t: TestContext) {
  const folder = await temporaryFolder(t)
  let nowMs = 1_000_000
  const parts = {
    sessions: await Sessions.open(join(folder, 'sessions.json')),
    links: new LoginLinks(),
    limit: new LoginLimit(),
    hashes: new HashQueue(),
    passwordPath: join(folder, 'password.json'),
    now: () => nowMs,
  }
  const createLink = () => parts.links.create({ nowMs, epoch: parts.sessions.epoch })
  return { folder, parts, createLink, pass: (ms: number) => (nowMs += ms) }
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
  const { parts, createLink } = await makeParts(t)
  const { token } = createLink()
  const { secret } = await logIn(parts, { token }, CLIENT)
  assert.ok(parts.sessions.expiryOf(secret, parts.now()))
  assert.equal(await refusalOf(logIn(parts, { token }, CLIENT)), 'LOGIN_REFUSED')
})

test('a link expires after a day, and a session after seven', async (t) => {
  const { parts, createLink, pass } = await makeParts(t)
  const old = createLink()
  pass(DAY_MS)
  assert.equal(await refusalOf(logIn(parts, old, CLIENT)), 'LOGIN_REFUSED')
  const { secret } = await logIn(parts, createLink(), CLIENT)
  pass(7 * DAY_MS - 1)
  assert.ok(parts.sessions.expiryOf(secret, parts.now()))
  pass(1)
  assert.equal(parts.sessions.expiryOf(secret, parts.now()), undefined)
})

test('sessions survive a restart, and their file holds no secret', async (t) => {
  const { folder, parts } = await makeParts(t)
  const { secret } = await parts.sessions.create(parts.now(), '')
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
  await logIn(parts, { password: PASSWORD }, CLIENT)
  assert.equal(await refusalOf(logIn(parts, { password: `${PASSWORD}.` }, CLIENT)), 'LOGIN_REFUSED')
})

test('failed logins of an address must wait longer and longer, at most 15 minutes', () => {
  const limit = new LoginLimit()
  for (let count = 0; count < 4; count++) limit.fail(CLIENT, 0)
  assert.equal(limit.waitMs(CLIENT, 0), 0)
  limit.fail(CLIENT, 0)
  assert.equal(limit.waitMs(CLIENT, 0), 1000)
  assert.equal(limit.waitMs(CLIENT, 400), 600)
  limit.fail(CLIENT, 1000)
  assert.equal(limit.waitMs(CLIENT, 1000), 2000)
  assert.equal(limit.waitMs({ address: 'b' }, 1000), 0)
  for (let count = 0; count < 100; count++) limit.fail(CLIENT, 1000)
  assert.equal(limit.waitMs(CLIENT, 1000), 15 * MINUTE_MS)
  limit.succeed(CLIENT)
  assert.equal(limit.waitMs(CLIENT, 1000), 0)
})

test('attempts at once count one by one', async (t) => {
  const { parts } = await makeParts(t)
  const codes = await Promise.all(
    Array.from({ length: 8 }, async () => refusalOf(logIn(parts, { password: 'wrong' }, CLIENT))),
  )
  assert.deepEqual(codes.toSorted(), [
    ...Array.from({ length: 5 }, () => 'LOGIN_REFUSED'),
    ...Array.from({ length: 3 }, () => 'TOO_MANY_LOGINS'),
  ])
})

test('wrong tokens neither wait nor count, so nobody can lock the owner of a link out', async (t) => {
  const { parts, createLink } = await makeParts(t)
  const { token } = createLink()
  for (let count = 0; count < 50; count++)
    assert.equal(await refusalOf(logIn(parts, { token: 'wrong' }, CLIENT)), 'LOGIN_REFUSED')
  for (let count = 0; count < 50; count++) parts.limit.fail(CLIENT, parts.now())
  assert.ok((await logIn(parts, { token }, CLIENT)).secret)
})

test('a network of IPv6 addresses counts as one, and an address of IPv4 by itself', () => {
  const networks: [string, string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ]
  for (const [address, network] of networks) assert.equal(limitedNetwork(address), network)
  const limit = new LoginLimit()
  for (let count = 0; count < 5; count++) limit.fail({ address: `2001:db8:1:2::${count}` }, 0)
  assert.equal(limit.waitMs({ address: '2001:db8:1:2:ffff::' }, 0), 1000)
  assert.equal(limit.waitMs({ address: '2001:db8:1:3::' }, 0), 0)
})

test('behind a proxy each client waits by itself, and all together after many failures', () => {
  const limit = new LoginLimit()
  const proxy = '127.0.0.1'
  for (let count = 0; count < 5; count++) limit.fail({ address: '10.0.0.1', proxy }, 0)
  assert.equal(limit.waitMs({ address: '10.0.0.1', proxy }, 0), 1000)
  assert.equal(limit.waitMs({ address: '10.0.0.2', proxy }, 0), 0)
  for (let count = 0; count < 200; count++) {
    limit.fail({ address: '10.0.0.2', proxy }, 0)
    limit.succeed({ address: '10.0.0.2', proxy })
  }
  assert.equal(limit.waitMs({ address: '10.0.0.3', proxy }, 0), 0)
  assert.equal(limit.waitMs({ address: '10.0.0.1', proxy }, 0), 1000)
  for (let count = 5; count < 100; count++) limit.fail({ address: `10.0.1.${count}`, proxy }, 0)
  assert.equal(limit.waitMs({ address: '10.0.0.2', proxy }, 0), 1000)
  assert.equal(limit.waitMs({ address: '10.0.0.2' }, 0), 0)
})

test('the address comes from the proxy of a console that has one on this machine', () => {
  const local = { socketAddress: '::ffff:127.0.0.1', hasProxy: true }
  const proxy = '127.0.0.1'
  const cases: [AddressFacts, Client][] = [
    [
      { ...local, forwardedFor: '1.1.1.1, 10.0.0.9' },
      { address: '10.0.0.9', proxy },
    ],
    [
      { ...local, forwardedFor: '::ffff:10.0.0.9' },
      { address: '10.0.0.9', proxy },
    ],
    [{ ...local, forwardedFor: '10.0.0.9, unknown' }, { address: proxy }],
    [{ ...local, forwardedFor: undefined }, { address: proxy }],
    [{ ...local, hasProxy: false, forwardedFor: '10.0.0.9' }, { address: proxy }],
    [{ ...local, socketAddress: '10.0.0.2', forwardedFor: '10.0.0.9' }, { address: '10.0.0.2' }],
  ]
  for (const [facts, client] of cases) assert.deepEqual(clientOf(facts), client)
})

test('no more than ten passwords wait for their hash', async (t) => {
  const { parts, createLink } = await makeParts(t)
  const hashing = new AbortController()
  const done = once(hashing.signal, 'abort')
  const waiting = Array.from({ length: 10 }, async () => parts.hashes.run(async () => done))
  const password = { password: PASSWORD }
  assert.equal(await refusalOf(logIn(parts, password, CLIENT)), 'TOO_MANY_LOGINS')
  assert.ok((await logIn(parts, createLink(), CLIENT)).secret)
  hashing.abort()
  await Promise.all(waiting)
  assert.equal(await refusalOf(logIn(parts, password, CLIENT)), 'LOGIN_REFUSED')
})

test('a password that is too long is refused before it is normalized', async (t) => {
  const { parts } = await makeParts(t)
  const normalize = t.mock.method(String.prototype, 'normalize')
  const password = `a${'\u0301\u0316'.repeat(500)}`
  assert.equal(await isPassword(parts.passwordPath, password), false)
  assert.equal(normalize.mock.callCount(), 0)
  assert.equal(await isPassword(parts.passwordPath, password.slice(1)), false)
  assert.equal(normalize.mock.callCount(), 1)
})

test('a new password ends sessions, links and logins that began before it', async (t) => {
  const { folder, parts, createLink } = await makeParts(t)
  const path = join(folder, 'sessions.json')
  const intruder = await logIn(parts, createLink(), CLIENT)
  const [stored, link, { epoch }] = [await readFile(path, 'utf8'), createLink(), parts.sessions]
  // Another process sets the password.
  await (await Sessions.open(path)).deleteAll()
  const late = await parts.sessions.create(parts.now(), epoch)
  const owner = await parts.sessions.create(parts.now(), parts.sessions.epoch)
  const secrets = [intruder.secret, late.secret, owner.secret]
  const live = async () => {
    await parts.sessions.refresh()
    return secrets.map((secret) => parts.sessions.expiryOf(secret, parts.now()) !== undefined)
  }
  assert.deepEqual(await live(), [false, false, true])
  assert.equal(await refusalOf(logIn(parts, link, CLIENT)), 'LOGIN_REFUSED')
  // The older list arrives later than the end of all sessions.
  await writeFile(path, stored)
  assert.deepEqual(await live(), [false, false, false])
})

test('logins of two processes keep the sessions of each other', async (t) => {
  const { folder, parts } = await makeParts(t)
  const other = await Sessions.open(join(folder, 'sessions.json'))
  const first = await parts.sessions.create(parts.now(), '')
  const second = await other.create(parts.now(), '')
  await parts.sessions.refresh()
  for (const { secret } of [first, second]) assert.ok(parts.sessions.expiryOf(secret, parts.now()))
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
