/** Delivers one event to a webhook: signed, with at most three attempts, in bounded time. */

import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { AppError } from '../../errors.ts'
import type { NotifySettings } from '../connection/connection.ts'
import type { NotifyEvent } from './event.ts'
import { formatOf, webhookBody } from './webhook-body.ts'

const ATTEMPT_MS = 5000
/** Waits before the second and the third attempt. */
const WAITS_MS = [1000, 4000]

/**
 * Opens a dispatcher for a URL, through the proxies that the environment names. May throw an
 * AppError.
 */
export type DispatcherFactory = (url: URL) => Promise<Dispatcher>

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

export interface WebhookResponse {
  status: number
  /** The beginning of the body; empty unless it was asked for. */
  body: string
}

/** The receiver accepted the event. */
export function isAccepted({ status }: WebhookResponse): boolean {
  return status >= 200 && status < 300
}

interface PostOptions {
  dispatcher: Dispatcher
  signal: AbortSignal
  /** Characters of the response to read. @default 0: only the status is read */
  maxBodyChars?: number
}

/** What came of the body. The status has arrived, so a body that breaks off is no failure. */
async function beginningOf(body: AsyncIterable<Buffer>, maxChars: number): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk.toString('utf8')
      if (text.length >= maxChars) break
    }
  } catch {
    return text
  }
  return text.slice(0, maxChars)
}

/** One attempt. Follows no redirect. Throws when no response comes. */
async function post(
  settings: NotifySettings,
  event: NotifyEvent,
  { dispatcher, signal, maxBodyChars = 0 }: PostOptions,
): Promise<WebhookResponse> {
  // Loaded late: connections without a webhook save its memory.
  const { request } = await import('undici')
  const { url, secret } = settings
  const text = JSON.stringify(webhookBody(event, formatOf(settings)))
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'customerio-sync',
      'x-customerio-sync-event': event.event,
      ...(secret !== undefined && { 'x-customerio-sync-signature': signatureOf(text, secret) }),
    },
    body: text,
    signal: AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), signal]),
    dispatcher,
  })
  body.on('error', () => undefined)
  const beginning = maxBodyChars > 0 ? await beginningOf(body, maxBodyChars) : ''
  body.destroy()
  return { status: statusCode, body: beginning }
}

type SendOptions = { openDispatcher: DispatcherFactory; signal: AbortSignal }

/** Sends an event once. Throws WEBHOOK_FAILED when no response comes, and the signal's reason. */
export async function tryWebhook(
  settings: NotifySettings,
  event: NotifyEvent,
  { openDispatcher, signal, maxBodyChars }: SendOptions & { maxBodyChars: number },
): Promise<WebhookResponse> {
  const url = new URL(settings.url)
  let dispatcher: Dispatcher | undefined
  try {
    dispatcher = await openDispatcher(url)
    return await post(settings, event, { dispatcher, signal, maxBodyChars })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof AppError) throw cause
    const reason = reasonOf(cause, url.host)
    throw new AppError('WEBHOOK_FAILED', `The webhook did not respond (${reason}).`, {
      hint: 'Check `notify.url`, and the proxy variables of this machine.',
      cause,
    })
  } finally {
    await dispatcher?.destroy().catch(() => undefined)
  }
}

/**
 * Makes at most three attempts within twenty seconds, and none after the signal is aborted. Returns
 * undefined when the webhook accepted the event, otherwise the reason of the last failure. Never
 * throws.
 */
export async function sendWebhook(
  settings: NotifySettings,
  event: NotifyEvent,
  { openDispatcher, signal }: SendOptions,
): Promise<string | undefined> {
  const url = new URL(settings.url)
  let dispatcher: Dispatcher | undefined
  let reason: string | undefined
  try {
    dispatcher = await openDispatcher(url)
    for (const waitMs of [0, ...WAITS_MS]) {
      if (signal.aborted) return 'stopped'
      await sleep(waitMs, undefined, { signal })
      reason = await refusalOf(settings, event, { dispatcher, signal })
      if (reason === undefined) break
    }
  } catch (error) {
    reason = reasonOf(error, url.host)
  } finally {
    await dispatcher?.destroy().catch(() => undefined)
  }
  return signal.aborted && reason !== undefined ? 'stopped' : reason
}

/** Why one attempt failed; undefined when the webhook accepted the event. */
async function refusalOf(
  settings: NotifySettings,
  event: NotifyEvent,
  options: PostOptions,
): Promise<string | undefined> {
  try {
    const response = await post(settings, event, options)
    return isAccepted(response) ? undefined : `status ${response.status}`
  } catch (error) {
    return reasonOf(error, new URL(settings.url).host)
  }
}
