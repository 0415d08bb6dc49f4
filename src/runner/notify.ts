/**
 * Tells a webhook that a run failed, that one succeeded again, and that none has succeeded for too long. What was told is kept in a file,
 * so that each is told once, and again only after it has changed. Telling never fails a run, and is bounded in time.
 */

import { createHmac, randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, NotifySettings, Resource } from './connection.ts'
import { History, isAhead } from './history.ts'
import { isWhole, totalsOf, type RunRecord } from './record.ts'

const HOUR_MS = 3_600_000
const ATTEMPT_MS = 5000
/** Waits before the second and third attempt. */
const WAITS_MS = [1000, 4000]

export type EventName = 'run_failed' | 'run_recovered' | 'stale'

/** The body of a request, as `schemas/webhook.json` says. Holds no secret and no value of a record. */
export interface WebhookEvent {
  event: EventName
  /** Differs for each event, and is equal for the attempts to deliver it. */
  event_id: string
  connection: string
  /** RFC 3339. */
  sent_at: string
  /** When the last run began that succeeded, RFC 3339; null for never. */
  last_success_at: string | null
  /** The run that the event is about; null for `stale` without any. */
  run: RunSummary | null
}

export interface RunSummary {
  run_id: string
  trigger: string
  started_at: string
  ended_at: string | null
  outcome: string
  exit_status: number | null
  /** `message` is one sentence of ours; null after a success. */
  error: { program: string; code: string | null; message: string } | null
  rows_read: number
  rows_loaded: number
  rows_deleted: number
  rows_rejected: number
}

/** What the webhook knows. */
export interface Told {
  isFailing: boolean
  isStale: boolean
}

/** What a run says of its connection. A stop by signal says nothing, nor does the success of a run that left streams out. */
export type News = 'failure' | 'success' | undefined

/** Pure. */
export function newsIn(run: RunRecord | undefined, resources: Iterable<Resource>): News {
  if (run === undefined || run.outcome === 'stopped') return undefined
  if (run.outcome !== 'succeeded') return 'failure'
  return isWhole(run, resources) ? 'success' : undefined
}

/** Pure: what is to be told after a run, or when none was made, and what is known afterwards. */
export function eventsOf(
  told: Told,
  now: { news: News; isStale: boolean },
): { events: EventName[]; told: Told } {
  const isFailing = now.news === undefined ? told.isFailing : now.news === 'failure'
  const hasRecovered = now.news === 'success' && (told.isFailing || told.isStale)
  const events: EventName[] = [
    ...(isFailing && !told.isFailing ? (['run_failed'] as const) : []),
    ...(hasRecovered ? (['run_recovered'] as const) : []),
    ...(now.isStale && !told.isStale ? (['stale'] as const) : []),
  ]
  return { events, told: { isFailing, isStale: now.isStale } }
}

/** `sha256=` and the hexadecimal HMAC-SHA256 of the body. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

function summaryOf(run: RunRecord): RunSummary {
  const { run_id, trigger, started_at, ended_at, outcome, exit_status, error } = run
  return { run_id, trigger, started_at, ended_at, outcome, exit_status, error, ...totalsOf(run) }
}

/** True when the webhook took it. Redirects are not followed, and of its answer nothing but the status is read. */
async function post(settings: NotifySettings, event: WebhookEvent): Promise<boolean> {
  const { request } = await import('undici') // its memory is for those who are told
  const body = JSON.stringify(event)
  const { statusCode, body: answer } = await request(settings.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'customerio-sync',
      'x-customerio-sync-event': event.event,
      ...(settings.secret !== undefined && {
        'x-customerio-sync-signature': signatureOf(body, settings.secret),
      }),
    },
    body,
    signal: AbortSignal.timeout(ATTEMPT_MS),
  })
  answer.on('error', () => undefined).destroy()
  return statusCode >= 200 && statusCode < 300
}

/** Three attempts within twenty seconds. */
async function deliver(settings: NotifySettings, event: WebhookEvent): Promise<boolean> {
  for (const waitMs of [0, ...WAITS_MS]) {
    await sleep(waitMs)
    if (await post(settings, event).catch(() => false)) return true
  }
  return false
}

async function readTold(path: string): Promise<Told> {
  try {
    const told = JSON.parse(await readFile(path, 'utf8')) as Partial<Told>
    return { isFailing: told.isFailing === true, isStale: told.isStale === true }
  } catch {
    return { isFailing: false, isStale: false }
  }
}

async function writeTold(path: string, told: Told): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(told), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** When the last success began, and when the first known run did, for connections that never succeeded. */
async function lastSuccess(
  { dataFolder, resources }: Connection,
  nowMs: number,
): Promise<{ at: string | null; since: string | null }> {
  const history = new History(dataFolder)
  const success = await history.lastSuccess({ resources: resources.keys(), nowMs })
  if (success) return { at: success.started_at, since: success.started_at }
  let since: string | null = null
  for await (const { run } of history.entries()) if (!isAhead(run, nowMs)) since = run.started_at
  return { at: null, since }
}

/**
 * Tells what is new since the last call: after a run, and now and then between runs, without `run`, for staleness. Never throws; returns
 * a sentence for each event that could not be delivered, which is told again next time.
 */
export async function notify(
  connection: Connection,
  run: RunRecord | undefined,
  nowMs: number,
): Promise<string[]> {
  const { notify: settings, dataFolder } = connection
  if (!settings) return []
  const path = join(dataFolder, 'notified.json')
  const history = new History(dataFolder)
  const { at, since } = await lastSuccess(connection, nowMs)
  const staleMs = (settings.stale_after_hours ?? Number.POSITIVE_INFINITY) * HOUR_MS
  const isStale = since !== null && nowMs - Date.parse(since) > staleMs
  const before = await readTold(path)
  const { events, told } = eventsOf(before, {
    news: newsIn(run, connection.resources.keys()),
    isStale,
  })
  const about = run ?? (await history.newest(1, nowMs))[0]?.run
  const failures: string[] = []
  for (const event of events) {
    const isDelivered = await deliver(settings, {
      event,
      event_id: randomUUID(),
      connection: connection.name,
      sent_at: new Date(nowMs).toISOString(),
      last_success_at: at,
      run: about ? summaryOf(about) : null,
    })
    if (!isDelivered) failures.push(`The webhook did not take the event ${event}.`)
  }
  const known = failures.length === 0 ? told : before
  if (known.isFailing !== before.isFailing || known.isStale !== before.isStale)
    await writeTold(path, known).catch(() => failures.push('notified.json could not be written.'))
  return failures
}
