import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isHeldBy, readLock, takeRunLock, type LockOwner } from '../../../src/runner/lock/lock.ts'
import { ownIdentity } from '../../../src/runner/lock/process-identity.ts'
import { temporaryFolder } from '../../support/programs.ts'

const options = { signal: new AbortController().signal, silenceMs: 300 }

async function leave(path: string, owner: Partial<LockOwner>): Promise<void> {
  const left = { token: 'left', since: '2026-01-01T00:00:00.000Z', ...ownIdentity(), ...owner }
  await writeFile(path, JSON.stringify(left))
}

test('refuses a held lock with its owner and start, and takes it after its release', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  const lock = await takeRunLock(path, options)
  await assert.rejects(takeRunLock(path, options), (error: Error) => {
    assert.match(error.message, /^This connection has been running since 20\S+Z in process /)
    assert.ok(error.message.includes(` process ${process.pid} on `))
    return true
  })
  await lock.release()
  assert.equal(await readLock(path), undefined)
  await (await takeRunLock(path, options)).release()
})

test('takes over the lock of an ended process, even when its PID was reused', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'lock')
  const ended = spawnSync(process.execPath, ['-e', '0']).pid
  for (const owner of [{ pid: ended }, { started: 'another time' }]) {
    await leave(path, owner)
    const lock = await takeRunLock(path, options)
    assert.equal((await readLock(path))?.token, lock.owner.token)
    await lock.release()
  }
  await writeFile(path, '{"torn')
  await (await takeRunLock(path, options)).release()
  assert.deepEqual(await readdir(folder), [])
})

test('lets one process at a time take over the lock of a dead owner', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'lock')
  for (let round = 0; round < 10; round++) {
    await leave(path, { started: 'another time', token: `left-${round}` })
    const takers = Array.from({ length: 8 }, async () => takeRunLock(path, options))
    const locks = (await Promise.allSettled(takers)).filter(({ status }) => status === 'fulfilled')
    assert.equal(locks.length, 1)
    await (locks[0] as PromiseFulfilledResult<Awaited<(typeof takers)[0]>>).value.release()
  }
  assert.deepEqual(await readdir(folder), [])
})

test('treats an owner on another machine as alive while its lock is touched', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  await leave(path, { host: 'elsewhere boot' })
  const beat = setInterval(() => void utimes(path, new Date(), new Date()), 20)
  const waitedFor: string[] = []
  const onWait = ({ host }: LockOwner) => waitedFor.push(host)
  await assert.rejects(takeRunLock(path, { ...options, onWait }), /process \d+ on elsewhere\./)
  clearInterval(beat)
  await (await takeRunLock(path, { ...options, onWait })).release()
  assert.deepEqual(waitedFor, ['elsewhere boot', 'elsewhere boot'])
})

test('takes over a lock file without an owner', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  for (const text of ['', 'null', '{}', '{"token":"a"}', '[]', '7']) {
    await writeFile(path, text)
    const lock = await takeRunLock(path, options)
    assert.equal((await readLock(path))?.token, lock.owner.token)
    await lock.release()
  }
})

test('detects a live owner on another machine by its heartbeat, even when the clocks differ', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  const owner = { pid: 7, host: 'elsewhere boot', started: '1' }
  assert.equal(await isHeldBy(path, owner), false)
  await leave(path, owner)
  assert.equal(await isHeldBy(path, owner), true)
  assert.equal(await isHeldBy(path, { ...owner, pid: 8 }), false)
  const old = new Date(Date.now() - 60_000)
  await utimes(path, old, old)
  assert.equal(await isHeldBy(path, owner), false)
  const beat = setInterval(() => {
    const now = new Date(Date.now() - 60_000)
    void utimes(path, now, now)
  }, 1000)
  assert.equal(await isHeldBy(path, owner), true)
  clearInterval(beat)
})
