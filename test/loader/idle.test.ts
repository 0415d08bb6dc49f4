import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { IdleWait } from '../../src/loader/idle.ts'

test('returns the value, or idle after a timeout; the same promise can be awaited again', async () => {
  const wait = new IdleWait(new AbortController().signal)
  const controller = new AbortController()
  const later = once(controller.signal, 'abort').then(() => 'value')
  assert.equal(await wait.wait(later, 5), 'idle')
  controller.abort()
  assert.equal(await wait.wait(later, 5000), 'value')
  await assert.rejects(wait.wait(Promise.reject(new Error('no')), 5), { message: 'no' })
  wait.release()
})

test('returns idle as soon as the signal is aborted', async () => {
  const controller = new AbortController()
  const wait = new IdleWait(controller.signal)
  setTimeout(() => controller.abort(), 5)
  assert.equal(await wait.wait(new Promise(() => undefined), undefined), 'idle')
  assert.equal(await wait.wait(new Promise(() => undefined), undefined), 'idle')
  wait.release()
})
