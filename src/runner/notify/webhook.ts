/** One event on its way to a webhook: signed, tried three times, bounded in time. */

import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { NotifySettings } from '../connection/connection.ts'
import type { EventName, RunRecord, RunSummary, WebhookEvent } from '../../schemas.generated.ts'
import { totalsOf } from '../history/record.ts'

export type { EventName, RunSummary, WebhookEvent } from '../../schemas.generated.ts'

const ATTEMPT_MS = 5000
/** Waits before the second and third attempt. */
const WAITS_MS = [1000, 4000]

export const EVENT_NAMES = [
  'run_failed',
  'run_recovered',
  'stale',
] as const satisfies readonly EventName[]

/** Opens the way to a URL, through proxies where the environment names them. May throw an AppError. */
export type DispatcherFactory = (url: URL) => Promise<Dispatcher>

/** What an event tells of its run. */
export function summaryOf(run: RunRecord): RunSummary {
  const { run_id, trigger, started_at, ended_at, outcome, exit_status, error } = run
  return { run_id, trigger, started_at, ended_at, outcome, exit_status, error, ...totalsOf(run) }
}

/** `sha256=` and the hexadecimal HMAC-SHA256 of the body. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Why no answer came, without the URL's path, which may hold a secret. */
function reasonOf(error: unknown, host: string): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return `no answer from ${host} within ${ATTEMPT_MS / 1000} s`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code === '' || code.startsWith('UND_ERR') ? error.message : `${code} ${host}`
}

/** Undefined when the webhook took it, else why not. Redirects are not followed, and of its answer nothing but the status is read. */
async function post(
  { url, secret }: NotifySettings,
  event: WebhookEvent,
  { dispatcher, signal }: { dispatcher: Dispatcher; signal: AbortSignal },
): Promise<string | undefined> {
  const { request } = await import('undici') // its memory is for those who are told
  const body = JSON.stringify(event)
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'customerio-sync',
      'x-customerio-sync-event': event.event,
      ...(secret !== undefined && { 'x-customerio-sync-signature': signatureOf(body, secret) }),
    },
    body,
    signal: AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), signal]),
    dispatcher,
  })
  answer.on('error', () => undefined).destroy()
  return statusCode >= 200 && statusCode < 300 ? undefined : `it answered ${statusCode}`
}

/** Three attempts within twenty seconds, none any more once the signal is aborted. Undefined when the webhook took it, else why it did not the last time. Never throws. */
export async function sendWebhook(
  settings: NotifySettings,
  event: WebhookEvent,
  { openWay, signal }: { openWay: DispatcherFactory; signal: AbortSignal },
): Promise<string | undefined> {
  const url = new URL(settings.url)
  let dispatcher: Dispatcher | undefined
  let reason: string | undefined
  try {
    dispatcher = await openWay(url)
    for (const waitMs of [0, ...WAITS_MS]) {
      if (signal.aborted) return 'stopped'
      await sleep(waitMs, undefined, { signal })
      reason = await post(settings, event, { dispatcher, signal }).catch((error: unknown) =>
        reasonOf(error, url.host),
      )
      if (reason === undefined) break
    }
  } catch (error) {
    reason = reasonOf(error, url.host)
  } finally {
    await dispatcher?.destroy().catch(() => undefined)
  }
  return signal.aborted && reason !== undefined ? 'stopped' : reason
}
