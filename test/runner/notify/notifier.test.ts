import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { ConnectionFile } from '../../../src/runner/connection/connection-file.ts'
import { Notifier } from '../../../src/runner/notify/notifier.ts'
import { DAY_MS } from '../../../src/time.ts'
import { recordOf, toldConnection } from '../../support/webhook-receiver.ts'

const openWay = async () => new Agent()

test('looks between runs follow the file, and tell what waits as soon as it is taken', async (t) => {
  const { connection, history, events } = await toldConnection(t, [500, 500, 500, 204])
  await history.end(recordOf('succeeded', Date.now() - DAY_MS))
  const files = [
    new ConnectionFile({ ...connection, notify: undefined }, async () => connection),
    new ConnectionFile({ ...connection, notify: undefined }, async () => assert.fail('damaged')),
  ]
  const failures: string[] = []
  const onFailure = (_connection: unknown, message: string) => failures.push(message)
  const notifier = new Notifier({ files, openWay, onFailure, lookMs: 50 })
  const deadline = performance.now() + 120_000
  while (events().length < 4 && performance.now() < deadline) await sleep(50)
  await notifier.close()
  assert.deepEqual(
    events().map(({ event }) => event),
    ['stale', 'stale', 'stale', 'stale'],
  )
  assert.deepEqual(failures, [
    'The webhook did not take the event stale (it answered 500); it is told again later.',
  ])
})

test('of looks that fail for one reason, the first is told; a run tells always', async (t) => {
  const { connection } = await toldConnection(t)
  const folder = { ...connection, dataFolder: '/dev/null/folder' }
  const failures: string[] = []
  const notifier = new Notifier({
    files: [new ConnectionFile(folder, async () => folder)],
    openWay,
    onFailure: (_connection, message) => failures.push(message),
    lookMs: 20,
  })
  const deadline = performance.now() + 120_000
  while (failures.length === 0 && performance.now() < deadline) await sleep(20)
  await sleep(300) // some looks more
  const unwritable = 'notified.json could not be written.'
  assert.deepEqual(failures, [unwritable])
  notifier.note(folder, recordOf('failed'))
  await notifier.close()
  assert.deepEqual(failures, [unwritable, unwritable])
})
