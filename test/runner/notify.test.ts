import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Ajv } from 'ajv'
import { parseConnection, RESOURCES } from '../../src/runner/connection.ts'
import { History } from '../../src/runner/history.ts'
import { eventsOf, newsIn, notify, type News, type WebhookEvent } from '../../src/runner/notify.ts'
import type { Outcome, RunRecord } from '../../src/runner/record.ts'
import { ROOT, temporaryFolder } from '../programs.ts'

const HOUR_MS = 3_600_000
const START = Date.parse('2026-11-24T10:00:00Z')
const SECRET = 'a secret of sixteen or more'

function recordOf(outcome: Outcome, atMs = START): RunRecord {
  const time = new Date(atMs).toISOString()
  const isGood = outcome === 'succeeded'
  return {
    run_id: `${outcome} ${atMs}`,
    connection: 'test',
    trigger: 'manual',
    started_at: time,
    ended_at: time,
    seconds: 1,
    outcome,
    exit_status: isGood ? 0 : 5,
    error: isGood ? null : { program: 'tap-customerio', code: 'API_UNAVAILABLE', message: 'Down.' },
    requests: 1,
    retries: 0,
    rate_limited: 0,
    streams: RESOURCES.map((stream) => ({ stream }) as RunRecord['streams'][number]),
  }
}

function newsOf(outcome: Outcome, streams = RESOURCES.length as number): News {
  const run = recordOf(outcome)
  return newsIn({ ...run, streams: run.streams.slice(0, streams) }, RESOURCES)
}

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

/** A receiver that answers with the statuses in turn, the last one for ever. */
async function receiver(t: TestContext, statuses: number[] = [204]) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      const status = statuses.length > 1 ? statuses.shift() : statuses[0]
      response.writeHead(status ?? 204, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const folder = await temporaryFolder(t)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const file = {
    source: { app_api_key: 'the-app-api-key' },
    notify: { url, secret: SECRET, stale_after_hours: 6 },
  }
  const connection = parseConnection(file, join(folder, 'connection.json'), {})
  const history = new History(connection.dataFolder)
  const events = () => received.map(({ body }) => JSON.parse(body) as WebhookEvent)
  return { connection, history, received, events }
}

test('a failure, a recovery and staleness are told once each; a stop and a success of some streams are no news', () => {
  const quiet = { isFailing: false, isStale: false }
  const first = eventsOf(quiet, { news: 'failure', isStale: false })
  assert.deepEqual(first.events, ['run_failed'])
  assert.deepEqual(eventsOf(first.told, { news: 'failure', isStale: false }).events, [])
  assert.deepEqual(eventsOf(first.told, { news: undefined, isStale: false }), {
    events: [],
    told: first.told,
  })
  const stale = eventsOf(first.told, { news: undefined, isStale: true })
  assert.deepEqual(stale.events, ['stale'])
  assert.deepEqual(eventsOf(stale.told, { news: undefined, isStale: true }).events, [])
  const recovered = eventsOf(stale.told, { news: 'success', isStale: false })
  assert.deepEqual(recovered, { events: ['run_recovered'], told: quiet })
  assert.deepEqual(eventsOf(quiet, { news: 'success', isStale: false }).events, [])

  assert.deepEqual(
    [newsOf('failed'), newsOf('crashed'), newsOf('succeeded'), newsOf('stopped')],
    ['failure', 'failure', 'success', undefined],
  )
  assert.deepEqual([newsOf('failed', 1), newsOf('succeeded', 2)], ['failure', undefined])
  assert.equal(newsIn(undefined, RESOURCES), undefined)
})

test('the body is as its schema says, is signed, and holds no secret', async (t) => {
  const { connection, history, received, events } = await receiver(t)
  const [good, failed] = [recordOf('succeeded'), recordOf('failed', START + HOUR_MS)]
  await history.end(good)
  assert.deepEqual(await notify(connection, good, START), [])
  assert.equal(received.length, 0)
  await history.end(failed)
  assert.deepEqual(await notify(connection, failed, START + HOUR_MS), [])
  assert.deepEqual(await notify(connection, undefined, START + 7 * HOUR_MS), [])
  const schema = JSON.parse(await readFile(join(ROOT, 'schemas', 'webhook.json'), 'utf8')) as object
  const validate = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(schema)
  for (const { body, headers } of received) {
    assert.ok(validate(JSON.parse(body)), JSON.stringify(validate.errors))
    const mac = createHmac('sha256', SECRET).update(body).digest('hex')
    assert.equal(headers['x-customerio-sync-signature'], `sha256=${mac}`)
    assert.ok(!body.includes('the-app-api-key') && !body.includes(SECRET))
  }
  assert.deepEqual(
    events().map(({ event, last_success_at: at, run }) => [event, at, run?.error?.code]),
    [
      ['run_failed', good.started_at, 'API_UNAVAILABLE'],
      ['stale', good.started_at, 'API_UNAVAILABLE'],
    ],
  )
})

test('an event is tried three times under one id, redirects are not followed, and it is told later when nobody took it', async (t) => {
  const { connection, history, events } = await receiver(t, [500, 302, 503, 204])
  const failed = recordOf('failed')
  await history.end(failed)
  assert.deepEqual(await notify(connection, failed, START), [
    'The webhook did not take the event run_failed.',
  ])
  assert.equal(new Set(events().map(({ event_id: id }) => id)).size, 1)
  assert.equal(events().length, 3)
  assert.deepEqual(await notify(connection, failed, START), [])
  assert.equal(events().length, 4)
})
