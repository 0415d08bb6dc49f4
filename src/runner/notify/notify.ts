/**
 * Tells a webhook that a run failed, that one succeeded again, and that none has succeeded for too long. Each is told once, and again only
 * after it has changed. What the webhook did not take is told later, as long as it is still true. Telling never fails a run, and is
 * bounded in time.
 */

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import { HOUR_MS } from '../../time.ts'
import type { Connection, NotifySettings } from '../connection/connection.ts'
import { History, isAhead } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import {
  eventsOf,
  newsIn,
  readDeliveryState,
  deliveryStateAfter,
  writeDeliveryState,
  type DeliveryState,
} from './delivery-state.ts'
import {
  sendWebhook,
  summaryOf,
  type EventName,
  type DispatcherFactory,
  type WebhookEvent,
} from './webhook.ts'

const DAMAGED =
  'notified.json was damaged or could not be read; an event may be sent twice, or one that waited not at all.'

export interface NotifyOptions {
  nowMs: number
  openWay: DispatcherFactory
  /** Aborted when there is no time left: what is not told then waits. */
  signal: AbortSignal
}

/** When its oldest known run began, or now: from then on a connection is without success. */
async function firstSeen(dataFolder: string, nowMs: number): Promise<string> {
  let since = new Date(nowMs).toISOString()
  for await (const { run } of new History(dataFolder).entries())
    if (!isAhead(run, nowMs)) since = run.started_at
  return since
}

function isTooOld(since: string, nowMs: number, settings: NotifySettings): boolean {
  const staleMs = (settings.stale_after_hours ?? Number.POSITIVE_INFINITY) * HOUR_MS
  return nowMs - Date.parse(since) > staleMs
}

/** An event that waits is told as it was, under its id. */
async function bodiesOf(
  connection: Connection,
  names: readonly EventName[],
  known: {
    told: DeliveryState
    run: RunRecord | undefined
    lastSuccessAt: string | null
    nowMs: number
  },
): Promise<WebhookEvent[]> {
  const { told, run, lastSuccessAt, nowMs } = known
  const about = run ?? (await new History(connection.dataFolder).newest(1, nowMs))[0]?.run
  return names.map(
    (event) =>
      told.waiting.find((waiting) => waiting.event === event) ?? {
        event,
        event_id: randomUUID(),
        connection: connection.name,
        sent_at: new Date(nowMs).toISOString(),
        last_success_at: lastSuccessAt,
        run: about ? summaryOf(about) : null,
      },
  )
}

/** Delivers in order, up to the first that is not taken. */
async function deliverAll(
  settings: NotifySettings,
  events: readonly WebhookEvent[],
  way: Pick<NotifyOptions, 'openWay' | 'signal'>,
): Promise<{ taken: EventName[]; failures: string[] }> {
  const taken: EventName[] = []
  for (const event of events) {
    const reason = await sendWebhook(settings, event, way)
    if (reason !== undefined) {
      const failure = `The webhook did not take the event ${event.event} (${reason}); it is told again later.`
      return { taken, failures: [failure] }
    }
    taken.push(event.event)
  }
  return { taken, failures: [] }
}

/**
 * Tells what is new since the last call: after a run, and now and then between runs, without `run`, for staleness and for what waits.
 * Never throws; returns a sentence for what failed.
 */
export async function notify(
  connection: Connection,
  run: RunRecord | undefined,
  options: NotifyOptions,
): Promise<string[]> {
  return tell(connection, run, options).catch((error: unknown) => [
    error instanceof AppError ? error.fullText : 'The webhook was not told: unexpected error.',
  ])
}

async function tell(
  connection: Connection,
  run: RunRecord | undefined,
  { nowMs, ...way }: NotifyOptions,
): Promise<string[]> {
  const { notify: settings, dataFolder } = connection
  if (!settings) return []
  const resources = connection.resources.keys()
  const success = await new History(dataFolder).lastSuccess({ resources, nowMs })
  const lastSuccessAt = success?.started_at ?? null
  const { told: found, isDamaged } = await readDeliveryState(dataFolder)
  const isSeen = found.since !== null && Date.parse(found.since) <= nowMs
  const told = isSeen ? found : { ...found, since: await firstSeen(dataFolder, nowMs) }
  const isStale = isTooOld(lastSuccessAt ?? told.since ?? '', nowMs, settings)
  const names = eventsOf(told, { news: newsIn(run, connection.resources.keys()), isStale })
  const events = await bodiesOf(connection, names, { told, run, lastSuccessAt, nowMs })
  const failures: string[] = []
  let written = isDamaged ? undefined : found
  const keep = async (next: DeliveryState) => {
    if (isDeepStrictEqual(next, written)) return
    const reason = await writeDeliveryState(dataFolder, next).catch((error: unknown) => error)
    if (reason !== undefined) failures.push('notified.json could not be written.')
    else written = next
  }
  // Before it is tried, so that it is told even if the process ends meanwhile.
  await keep({ ...told, waiting: events })
  // Between runs that would be told again and again; what a run brings is told once a run.
  if (failures.length > 0 && run === undefined) return failures
  const { taken, failures: untaken } = await deliverAll(settings, events, way)
  await keep(deliveryStateAfter(told, { taken, waiting: events.slice(taken.length) }, isStale))
  if (isDamaged) failures.push(DAMAGED)
  return [...new Set([...untaken, ...failures])]
}
