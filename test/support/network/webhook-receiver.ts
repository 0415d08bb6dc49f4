/** A webhook endpoint on loopback, and a connection that notifies it. */

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Agent } from 'undici'
import { parseConnection } from '../../../src/runner/connection/connection.ts'
import { CORE_STREAM_NAMES } from '../../../src/streams/index.ts'
import { History } from '../../../src/runner/history/history.ts'
import { notify } from '../../../src/runner/notify/notify.ts'
import type { Outcome, RunRecord } from '../../../src/runner/history/record.ts'
import type { WebhookEvent } from '../../../src/schemas.generated.ts'
import { temporaryFolder } from '../programs.ts'

export const START = Date.parse('2026-11-24T10:00:00Z')
export const SECRET = 'a secret of sixteen or more'

const NO_ROWS = {
  rows_read: 0,
  rows_loaded: 0,
  rows_deleted: 0,
  rows_rejected: 0,
  bookmark_before: null,
  bookmark_after: null,
  seconds: 0,
}

/** A run of all streams. */
export function recordOf(outcome: Outcome, atMs = START): RunRecord {
  const isGood = outcome === 'succeeded'
  return {
    run_id: `${outcome} ${atMs}`,
    connection: 'test',
    trigger: 'manual',
    started_at: new Date(atMs).toISOString(),
    ended_at: new Date(atMs + 1000).toISOString(),
    seconds: 1,
    outcome,
    exit_status: isGood ? 0 : 5,
    error: isGood ? null : { program: 'tap-customerio', code: 'API_UNAVAILABLE', message: 'Down.' },
    requests: 1,
    retries: 0,
    rate_limited: 0,
    streams: CORE_STREAM_NAMES.map((stream) => ({ stream, mode: 'incremental', ...NO_ROWS })),
  }
}

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

/** Responds with each status in turn, then always with the last one, and always with the body. */
export async function startReceiver(t: TestContext, statuses: number[] = [204], answer = '') {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      const status = statuses.length > 1 ? statuses.shift() : statuses[0]
      response.writeHead(status ?? 204, { location: '/elsewhere' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const events = () => received.map(({ body }) => JSON.parse(body) as WebhookEvent)
  return { url: `http://127.0.0.1:${port}/hook`, port, received, events }
}

/** `notifyAt` calls `notify` at a time. */
export async function notifiedConnection(t: TestContext, statuses?: number[]) {
  const receiver = await startReceiver(t, statuses)
  const folder = await temporaryFolder(t)
  const file = {
    source: { app_api_key: 'the-app-api-key' },
    notify: { url: receiver.url, secret: SECRET, stale_after_hours: 6 },
  }
  const connection = parseConnection(file, join(folder, 'connection.json'), {})
  const history = new History(connection.dataFolder)
  const notifyAt = async (run: RunRecord | undefined, nowMs: number, notified = connection) =>
    notify(notified, run, {
      nowMs,
      openDispatcher: async () => new Agent(),
      signal: new AbortController().signal,
    })
  return { ...receiver, connection, history, notifyAt }
}
