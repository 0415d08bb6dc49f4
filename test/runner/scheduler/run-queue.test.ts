import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as settled } from 'node:timers/promises'
import fc from 'fast-check'
import { RunQueue } from '../../../src/runner/scheduler/run-queue.ts'

test('never lets two hold one name, nor more at once than allowed, and lets everybody through in the end', async () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, fc.nat(5))), async (works) => {
      const turns = new RunQueue(3)
      const held = new Set<string>()
      let underWay = 0
      let done = 0
      const { signal } = new AbortController()
      const all = works.map(async ([wanted, turnsTaken]) =>
        turns.take(wanted, signal, async () => {
          underWay++
          assert.ok(underWay <= 3)
          for (const name of wanted) {
            assert.ok(!held.has(name))
            held.add(name)
          }
          for (let turn = 0; turn < turnsTaken; turn++) await settled()
          for (const name of wanted) held.delete(name)
          underWay--
          done++
        }),
      )
      await Promise.all(all)
      assert.equal(done, works.length)
    }),
    { numRuns: 100 },
  )
})

test('gives the turn on after work that failed, and takes out who is aborted while waiting', async () => {
  const turns = new RunQueue()
  const { signal } = new AbortController()
  const leaving = new AbortController()
  const finish = new AbortController()
  const first = turns.take(['key'], signal, async () => {
    await once(finish.signal, 'abort')
    throw new Error('failed')
  })
  const second = turns.take(['key'], leaving.signal, async () => 'second')
  const third = turns.take(['key'], signal, async () => 'third')
  leaving.abort(new Error('left'))
  await assert.rejects(second, /left/)
  finish.abort()
  await assert.rejects(first, /failed/)
  assert.equal(await third, 'third')
})
