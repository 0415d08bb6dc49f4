/** Delivers one event to a webhook: signed, with at most three attempts, in bounded time. */

import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { NotifySettings } from '../connection/connection.ts'
import type { EventName, RunRecord, RunSummary, WebhookEvent } from '../../schemas.generated.ts'
import { totalsOf } from '../history/record.ts'

export type { EventName, RunSummary, WebhookEvent } from '../../schemas.generated.ts'

const ATTEMPT_MS = 5000
/** Waits before the second and the third attempt. */
const WAITS_MS = [1000, 4000]

export const EVENT_NAMES = [
  'run_failed',
  'run_recovered',
  'stale',
] as const satisfies readonly EventName[]

/**
 * Opens a dispatcher for a URL, through the proxies that the environment names. May throw an
 * AppError.
 */
export type DispatcherFactory = (url: URL) => Promise<Dispatcher>

/** The run of an event. */
export function summaryOf(run: RunRecord): RunSummary {
  const { run_id, trigger, started_at, ended_at, outcome, exit_status, error } = run
  return { run_id, trigger, started_at, ended_at, outcome, exit_status, error, ...totalsOf(run) }
}

/** `sha256=` and the hexadecimal HMAC-SHA256 of the body. */
function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Why no response came, without the path of the URL, which may hold a secret. */
function reasonOf(error: unknown, host: string): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return `no response from ${host} within ${ATTEMPT_MS / 1000} s`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code === '' || code.startsWith('UND_ERR') ? error.message : `${code} ${host}`
}

/**
 * Returns undefined when the webhook accepted the event, otherwise the reason. Follows no redirect,
 * and reads only the status.
 */
async function post(
  { url, secret }: NotifySettings,
  event: WebhookEvent,
  { dispatcher, signal }: { dispatcher: Dispatcher; signal: AbortSignal },
): Promise<string | undefined> {
  // Loaded late: connections without a webhook save its memory.
  const { request } = await import('undici')
  const body = JSON.stringify(event)
  const { statusCode, body: response } = await request(url, {
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
  response.on('error', () => undefined).destroy()
  return statusCode >= 200 && statusCode < 300 ? undefined : `status ${statusCode}`
}

/**
 * Makes at most three attempts within twenty seconds, and none after the signal is aborted. Returns
 * undefined when the webhook accepted the event, otherwise the reason of the last failure. Never
 * throws.
 */
export async function sendWebhook(
  settings: NotifySettings,
  event: WebhookEvent,
  { openDispatcher, signal }: { openDispatcher: DispatcherFactory; signal: AbortSignal },
): Promise<string | undefined> {
  const url = new URL(settings.url)
  let dispatcher: Dispatcher | undefined
  let reason: string | undefined
  try {
    dispatcher = await openDispatcher(url)
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
