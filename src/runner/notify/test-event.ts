/** Sends a test event to the webhook of a connection, and returns what the receiver answered. */

import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { SecretMask } from '../../secrets.ts'
import { secretsOfConnection } from '../connection/connection-secrets.ts'
import type { Connection } from '../connection/connection.ts'
import { History } from '../history/history.ts'
import type { NotifyEvent } from './event.ts'
import type { NotifyOptions } from './notify.ts'
import { formatOf, type WebhookFormat } from './webhook-body.ts'
import { tryWebhook, type WebhookResponse } from './webhook.ts'

/** Characters of the answer that are shown. */
const MAX_BODY_CHARS = 500
/** Characters that are read: more, because a secret at the cut is masked only as a whole. */
const READ_CHARS = 4 * MAX_BODY_CHARS

export interface TestedWebhook {
  event: NotifyEvent
  /** Host and port of the URL. Its path is masked, because it may hold a secret. */
  host: string
  format: WebhookFormat
  response: WebhookResponse
}

async function lastSuccessAt({ dataFolder, resources }: Connection, nowMs: number) {
  const wanted = { resources: resources.keys(), nowMs }
  const success = await new History(dataFolder).lastSuccess(wanted).catch(() => undefined)
  return success?.started_at ?? null
}

/**
 * Makes one attempt, and changes nothing: no other event counts as delivered. Throws CONFIG_INVALID
 * for a connection without a webhook, WEBHOOK_FAILED when no response comes, and the signal's
 * reason.
 */
export async function sendTestEvent(
  connection: Connection,
  { nowMs, ...options }: NotifyOptions,
): Promise<TestedWebhook> {
  const { notify: settings, name, path } = connection
  if (!settings) {
    throw new AppError('CONFIG_INVALID', `The connection file ${path} has no \`notify\`.`, {
      hint: 'Add it, with the `url` of the webhook.',
    })
  }
  const event: NotifyEvent = {
    event: 'test',
    event_id: randomUUID(),
    connection: name,
    sent_at: new Date(nowMs).toISOString(),
    last_success_at: await lastSuccessAt(connection, nowMs),
    run: null,
  }
  const answer = await tryWebhook(settings, event, { ...options, maxBodyChars: READ_CHARS })
  const masked = new SecretMask(secretsOfConnection(connection)).masked(answer.body)
  const response = { ...answer, body: masked.slice(0, MAX_BODY_CHARS) }
  return { event, host: new URL(settings.url).host, format: formatOf(settings), response }
}
