import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as settled } from 'node:timers/promises'
import fc from 'fast-check'
import { RunQueue } from '../../../src/runner/scheduler/run-queue.ts'

test('never runs two with one key or more than allowed at a time, and runs everything in the end', async () => {
  const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, fc.nat(5))), async (works) => {
      const queue = new RunQueue(3)
      const held = new Set<string>()
      let runningCount = 0
      let done = 0
      const { signal } = new AbortController()
      const all = works.map(async ([wanted, durationInTurns]) =>
        queue.run(wanted, signal, async () => {
          runningCount++
          assert.ok(runningCount <= 3)
          for (const key of wanted) {
            assert.ok(!held.has(key))
            held.add(key)
          }
          for (let turn = 0; turn < durationInTurns; turn++) await settled()
          for (const key of wanted) held.delete(key)
          runningCount--
          done++
        }),
      )
      await Promise.all(all)
      assert.equal(done, works.length)
    }),
    { numRuns: 100 },
  )
})

test('runs the next one after a failure, and removes an aborted one from the queue', async () => {
  const queue = new RunQueue()
  const { signal } = new AbortController()
  const leaving = new AbortController()
  const finish = new AbortController()
  const first = queue.run(['key'], signal, async () => {
    await once(finish.signal, 'abort')
    throw new Error('failed')
  })
  const second = queue.run(['key'], leaving.signal, async () => 'second')
  const third = queue.run(['key'], signal, async () => 'third')
  leaving.abort(new Error('left'))
  await assert.rejects(second, /left/)
  finish.abort()
  await assert.rejects(first, /failed/)
  assert.equal(await third, 'third')
})

test('work without a slot waits only for its keys', async () => {
  const queue = new RunQueue(1)
  const { signal } = new AbortController()
  const finish = new AbortController()
  const run = queue.run(['a'], signal, async () => once(finish.signal, 'abort'))
  assert.equal(await queue.runWithoutSlot(['b'], signal, async () => 'b'), 'b')
  let hasRun = false
  const waiting = queue.runWithoutSlot(['a'], signal, async () => (hasRun = true))
  await settled()
  assert.equal(hasRun, false)
  finish.abort()
  await run
  assert.equal(await waiting, true)
})
