import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { lifeOf, ownIdentity } from '../../../src/runner/lock/process-identity.ts'

/** No process has it: it is above the greatest that Linux gives out. */
const NOBODY = 4_194_305

/** As on a system without /proc, where `ps` is asked. */
function withPs(t: TestContext): void {
  const { platform } = process
  const { PATH = '' } = process.env
  t.after(() => {
    Object.defineProperty(process, 'platform', { value: platform })
    process.env['PATH'] = PATH
  })
  Object.defineProperty(process, 'platform', { value: 'darwin' })
}

test('a process is alive, and one of the same number that started at another time is gone', () => {
  const own = ownIdentity()
  assert.equal(lifeOf(own), 'alive')
  assert.equal(lifeOf({ ...own, started: 'long ago' }), 'gone')
  assert.equal(lifeOf({ ...own, pid: NOBODY }), 'gone')
  assert.equal(lifeOf({ ...own, host: 'elsewhere' }), 'unknown')
})

test('where ps cannot be started, nobody is taken for gone', (t) => {
  if (process.platform === 'win32') return
  withPs(t)
  const own = ownIdentity()
  assert.equal(lifeOf(own), 'alive')
  assert.equal(lifeOf({ ...own, pid: NOBODY }), 'gone')
  process.env['PATH'] = '/nowhere'
  assert.equal(lifeOf(own), 'unknown')
  assert.throws(() => ownIdentity(), { code: 'ENOENT' })
})
