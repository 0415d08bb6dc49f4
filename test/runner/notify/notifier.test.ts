import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from 'undici'
import { ConnectionFile } from '../../../src/runner/connection/connection-file.ts'
import { Notifier } from '../../../src/runner/notify/notifier.ts'
import { recordOf, notifiedConnection } from '../../support/network/webhook-receiver.ts'
import { until } from '../../support/wait.ts'

const DAY_MS = 86_400_000
const openDispatcher = async () => new Agent()

test('checks between runs read the file again and retry pending events until they are delivered', async (t) => {
  const { connection, history, events } = await notifiedConnection(t, [500, 500, 500, 204])
  await history.end(recordOf('succeeded', Date.now() - DAY_MS))
  const files = [
    new ConnectionFile({ ...connection, notify: undefined }, async () => connection),
    new ConnectionFile({ ...connection, notify: undefined }, async () => assert.fail('damaged')),
  ]
  const failures: string[] = []
  const onFailure = (_connection: unknown, message: string) => failures.push(message)
  const notifier = new Notifier({ files: () => files, openDispatcher, onFailure, checkEveryMs: 50 })
  await until(() => events().length >= 4, { what: 'four events' })
  await notifier.close()
  assert.deepEqual(
    events().map(({ event }) => event),
    ['stale', 'stale', 'stale', 'stale'],
  )
  assert.deepEqual(failures, [
    'The webhook did not accept the event stale (status 500); it is retried later.',
  ])
})

test('reports a repeated failure between runs once, and the failure of a run always', async (t) => {
  const { connection } = await notifiedConnection(t)
  const folder = { ...connection, dataFolder: '/dev/null/folder' }
  const failures: string[] = []
  let checks = 0
  const reload = async () => {
    checks++
    return folder
  }
  const notifier = new Notifier({
    files: () => [new ConnectionFile(folder, reload)],
    openDispatcher,
    onFailure: (_connection, message) => failures.push(message),
    checkEveryMs: 20,
  })
  await until(() => failures.length > 0, { what: 'a failure' })
  const more = checks + 3
  await until(() => checks >= more, { what: 'three more checks' })
  const unwritable = 'notified.json could not be written.'
  assert.deepEqual(failures, [unwritable])
  notifier.note(folder, recordOf('failed'))
  await notifier.close()
  assert.deepEqual(failures, [unwritable, unwritable])
})
