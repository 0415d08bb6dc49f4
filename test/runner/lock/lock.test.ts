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

test('a lock that is held is refused, saying since when and by whom, and is free after its release', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  const lock = await takeRunLock(path, options)
  await assert.rejects(takeRunLock(path, options), (error: Error) => {
    assert.match(error.message, /^A run of this connection is under way since 20\S+Z, by process /)
    assert.ok(error.message.includes(` process ${process.pid} on `))
    return true
  })
  await lock.release()
  assert.equal(await readLock(path), undefined)
  await (await takeRunLock(path, options)).release()
})

test('the lock of a process that is gone is taken over, also when its PID means another process now', async (t) => {
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

test('of many who find the lock of a dead owner, one at a time gets it', async (t) => {
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

test('an owner on another machine counts as alive while its lock is touched', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  await leave(path, { host: 'elsewhere boot' })
  const beat = setInterval(() => void utimes(path, new Date(), new Date()), 20)
  const asked: string[] = []
  const onWait = ({ host }: LockOwner) => asked.push(host)
  await assert.rejects(takeRunLock(path, { ...options, onWait }), /process \d+ on elsewhere\./)
  clearInterval(beat)
  await (await takeRunLock(path, { ...options, onWait })).release()
  assert.deepEqual(asked, ['elsewhere boot', 'elsewhere boot'])
})

test('a lock file that says nothing is taken over', async (t) => {
  const path = join(await temporaryFolder(t), 'lock')
  for (const text of ['', 'null', '{}', '{"token":"a"}', '[]', '7']) {
    await writeFile(path, text)
    const lock = await takeRunLock(path, options)
    assert.equal((await readLock(path))?.token, lock.owner.token)
    await lock.release()
  }
})

test('a lock from another machine shows that its owner lives while it is touched, also where the clocks differ', async (t) => {
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
