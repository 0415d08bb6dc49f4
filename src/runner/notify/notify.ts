/**
 * Sends the events of one connection: a run failed, a run succeeded again, or no run has succeeded
 * for too long. Each event is delivered once, and again only after a change. A pending event is
 * retried while it is true. Notifying never fails a run, and its time is bounded.
 */

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import { HOUR_MS } from '../../time.ts'
import type { Connection, NotifySettings } from '../connection/connection.ts'
import { History, isAhead } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import {
  deliveryStateAfter,
  eventsOf,
  healthOf,
  readDeliveryState,
  writeDeliveryState,
  type DeliveryState,
} from './delivery-state.ts'
import { summaryOf, type EventName, type NotifyEvent } from './event.ts'
import { sendWebhook, type DispatcherFactory } from './webhook.ts'

const DAMAGED =
  'notified.json was damaged or could not be read; an event may be sent twice, or a pending one not at all.'

export interface NotifyOptions {
  nowMs: number
  openDispatcher: DispatcherFactory
  /** When aborted, events that are not delivered yet stay pending. */
  signal: AbortSignal
}

/** How the connection is now. */
interface Situation {
  state: DeliveryState
  run: RunRecord | undefined
  lastSuccessAt: string | null
  nowMs: number
}

/** When the oldest known run started, or now: since then the connection is without success. */
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

/** A pending event keeps its body and its id. */
async function createEvents(
  connection: Connection,
  names: readonly EventName[],
  { state, run, lastSuccessAt, nowMs }: Situation,
): Promise<NotifyEvent[]> {
  const about = run ?? (await new History(connection.dataFolder).newest(1, nowMs))[0]?.run
  return names.map(
    (name) =>
      state.pendingEvents.find(({ event }) => event === name) ?? {
        event: name,
        event_id: randomUUID(),
        connection: connection.name,
        sent_at: new Date(nowMs).toISOString(),
        last_success_at: lastSuccessAt,
        run: about ? summaryOf(about) : null,
      },
  )
}

/** Delivers in order, and stops at the first event that is not accepted. */
async function deliverAll(
  settings: NotifySettings,
  events: readonly NotifyEvent[],
  options: Pick<NotifyOptions, 'openDispatcher' | 'signal'>,
): Promise<{ delivered: EventName[]; failures: string[] }> {
  const delivered: EventName[] = []
  for (const event of events) {
    const reason = await sendWebhook(settings, event, options)
    if (reason !== undefined) {
      const failure = `The webhook did not accept the event ${event.event} (${reason}); it is retried later.`
      return { delivered, failures: [failure] }
    }
    delivered.push(event.event)
  }
  return { delivered, failures: [] }
}

/**
 * Sends what is new since the last call. Call it after each run, and now and then without `run`,
 * for staleness and pending events. Never throws; returns one sentence for each failure.
 */
export async function notify(
  connection: Connection,
  run: RunRecord | undefined,
  options: NotifyOptions,
): Promise<string[]> {
  return sendNewEvents(connection, run, options).catch((error: unknown) => [
    error instanceof AppError
      ? error.fullText
      : 'The webhook could not be notified: unexpected error.',
  ])
}

async function sendNewEvents(
  connection: Connection,
  run: RunRecord | undefined,
  { nowMs, ...options }: NotifyOptions,
): Promise<string[]> {
  const { notify: settings, dataFolder, resources } = connection
  if (!settings) return []
  const wanted = { resources: resources.keys(), nowMs }
  const success = await new History(dataFolder).lastSuccess(wanted)
  const lastSuccessAt = success?.started_at ?? null
  const { state: stored, isDamaged } = await readDeliveryState(dataFolder)
  const isKnown = stored.since !== null && Date.parse(stored.since) <= nowMs
  const state = isKnown ? stored : { ...stored, since: await firstSeen(dataFolder, nowMs) }
  const isStale = isTooOld(lastSuccessAt ?? state.since ?? '', nowMs, settings)
  const names = eventsOf(state, { health: healthOf(run, resources.keys()), isStale })
  const events = await createEvents(connection, names, { state, run, lastSuccessAt, nowMs })
  const failures: string[] = []
  let written = isDamaged ? undefined : stored
  const write = async (next: DeliveryState) => {
    if (isDeepStrictEqual(next, written)) return
    const reason = await writeDeliveryState(dataFolder, next).catch((error: unknown) => error)
    if (reason !== undefined) failures.push('notified.json could not be written.')
    else written = next
  }
  // Written before the delivery, so that the events survive the end of this process.
  await write({ ...state, pendingEvents: events })
  // Without the file, a check between runs would send its events at every check. A run sends its
  // own only once.
  if (failures.length > 0 && run === undefined) return failures
  const { delivered, failures: undelivered } = await deliverAll(settings, events, options)
  const pendingEvents = events.slice(delivered.length)
  await write(deliveryStateAfter(state, { delivered, pendingEvents }, isStale))
  if (isDamaged) failures.push(DAMAGED)
  return [...new Set([...undelivered, ...failures])]
}
