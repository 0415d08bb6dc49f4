import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { lifeOf, ownIdentity } from '../../../src/runner/lock/process-identity.ts'

/** Above the largest PID of Linux, so no process has it. */
const UNUSED_PID = 4_194_305

/** Simulates a system without /proc, where `ps` is used. */
function withPs(t: TestContext): void {
  const { platform } = process
  const { PATH = '' } = process.env
  t.after(() => {
    Object.defineProperty(process, 'platform', { value: platform })
    process.env['PATH'] = PATH
  })
  Object.defineProperty(process, 'platform', { value: 'darwin' })
}

test('a process with the same PID and another start time has ended', () => {
  const own = ownIdentity()
  assert.equal(lifeOf(own), 'alive')
  assert.equal(lifeOf({ ...own, started: 'long ago' }), 'ended')
  assert.equal(lifeOf({ ...own, pid: UNUSED_PID }), 'ended')
  assert.equal(lifeOf({ ...own, host: 'elsewhere' }), 'unknown')
})

test('treats no process as ended when ps cannot start', (t) => {
  if (process.platform === 'win32') return
  withPs(t)
  const own = ownIdentity()
  assert.equal(lifeOf(own), 'alive')
  assert.equal(lifeOf({ ...own, pid: UNUSED_PID }), 'ended')
  process.env['PATH'] = '/nowhere'
  assert.equal(lifeOf(own), 'unknown')
  assert.throws(() => ownIdentity(), { code: 'ENOENT' })
})
