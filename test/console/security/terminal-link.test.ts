import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginLinks } from '../../../src/console/security/login-links.ts'
import { TerminalLink } from '../../../src/console/security/terminal-link.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/time.ts'
import { MovedClock } from '../../support/moved-clock.ts'

function setUp() {
  const clock = new MovedClock('2026-01-01T00:00:00Z')
  const links = new LoginLinks()
  const state = { hasPassword: false, epoch: 'first' }
  const sessions = {
    get epoch() {
      return state.epoch
    },
    refresh: async () => undefined,
  }
  const hasPassword = async () => state.hasPassword
  const link = new TerminalLink({ links, sessions, hasPassword, clock })
  const shown: string[] = []
  const stop = new AbortController()
  const following = link.follow((token) => shown.push(token), stop.signal)
  const end = async () => {
    stop.abort()
    await following
  }
  const use = (token = '') => links.use(token, { nowMs: clock.now(), epoch: state.epoch })
  return { clock, link, state, shown, end, use }
}

test('the terminal shows the next link when the last one has expired', async () => {
  const { clock, link, shown, end, use } = setUp()
  const first = await link.next()
  await clock.advance(24 * HOUR_MS - MINUTE_MS)
  assert.deepEqual(shown, [])
  await clock.advance(2 * MINUTE_MS)
  assert.equal(shown.length, 1)
  assert.equal(use(first), false)
  assert.equal(use(shown[0]), true)
  await end()
})

test('a link that was shown after a login counts as the last one', async () => {
  const { clock, link, shown, end } = setUp()
  await link.next()
  await clock.advance(23 * HOUR_MS)
  await link.next()
  await clock.advance(23 * HOUR_MS)
  assert.deepEqual(shown, [])
  await end()
})

test('with a password no link is shown, and one is when the password is removed', async () => {
  const { clock, link, state, shown, end, use } = setUp()
  state.hasPassword = true
  assert.equal(await link.next(), undefined)
  await clock.advance(48 * HOUR_MS)
  assert.deepEqual(shown, [])
  Object.assign(state, { hasPassword: false, epoch: 'second' })
  await clock.advance(MINUTE_MS)
  assert.equal(use(shown[0]), true)
  await end()
})
