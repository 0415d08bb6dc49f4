/** What a webhook was told, in the connection's data folder, so that each thing is told once. */

import { join } from 'node:path'
import { readDataText, replaceDataFile } from '../connection/data-file.ts'
import { prepareFolder } from '../connection/data-folder.ts'
import { soundSummary } from '../history/history-line.ts'
import { isWhole, type RunRecord } from '../history/record.ts'
import type { StreamName } from '../../streams/index.ts'
import { isFlag, isText, isTime, oneOf, orNull, shaped, type Shape } from '../history/shape.ts'
import { EVENT_NAMES, type EventName, type WebhookEvent } from './webhook.ts'

/** What the webhook took, and what it is yet to be told. */
export interface DeliveryState {
  isFailing: boolean
  isStale: boolean
  /** Events that it did not take, at most one of a name. */
  waiting: readonly WebhookEvent[]
  /** From when on a connection that never succeeded is without success, RFC 3339; null before it was first looked at. */
  since: string | null
}

/** What a run says of its connection. A stop by signal says nothing, nor does the success of a run that left streams out. */
export type News = 'failure' | 'success' | undefined

/** Pure. */
export function newsIn(run: RunRecord | undefined, resources: Iterable<StreamName>): News {
  if (run === undefined || run.outcome === 'stopped') return undefined
  if (run.outcome !== 'succeeded') return 'failure'
  return isWhole(run, resources) ? 'success' : undefined
}

/**
 * Pure: the events that lead from what the webhook took to how the connection stands now, in their order. What waits is among them only
 * while it is still true: a failure that nobody took is not told after a success, nor is the recovery from it.
 */
export function eventsOf(told: DeliveryState, now: { news: News; isStale: boolean }): EventName[] {
  const { news, isStale } = now
  const isWaiting = (name: EventName) => told.waiting.some(({ event }) => event === name)
  const isTold = told.isFailing || told.isStale
  const hasRecovered = isTold && (news ? news === 'success' : isWaiting('run_recovered'))
  const isFailing = news ? news === 'failure' : isWaiting('run_failed')
  return [
    ...(hasRecovered ? (['run_recovered'] as const) : []),
    ...(isFailing && !told.isFailing ? (['run_failed'] as const) : []),
    ...(isStale && (hasRecovered || !told.isStale) ? (['stale'] as const) : []),
  ]
}

/** Pure: what is known after the webhook took some of the events, in their order, and not the others. */
export function deliveryStateAfter(
  told: DeliveryState,
  events: { taken: readonly EventName[]; waiting: readonly WebhookEvent[] },
  isStale: boolean,
): DeliveryState {
  const { taken, waiting } = events
  const known = taken.reduce(
    (before, name) => ({
      isFailing: name === 'run_failed' || (name === 'stale' && before.isFailing),
      isStale: name === 'stale' || (name === 'run_failed' && before.isStale),
    }),
    { isFailing: told.isFailing, isStale: told.isStale },
  )
  // Rows that are fresh by another reason than a success, as by a longer time in the file, need no recovery.
  const isRecovering = waiting.some(({ event }) => event === 'run_recovered')
  return {
    isFailing: known.isFailing,
    isStale: known.isStale && (isStale || isRecovering),
    waiting,
    since: told.since,
  }
}

function pathIn(dataFolder: string): string {
  return join(dataFolder, 'notified.json')
}

const EVENT: Shape<Omit<WebhookEvent, 'run'>> = {
  event: oneOf(...EVENT_NAMES),
  event_id: isText,
  connection: isText,
  sent_at: isTime,
  last_success_at: orNull(isTime),
}

function soundEvent(value: unknown): WebhookEvent | undefined {
  const event = shaped(value, EVENT)
  if (!event) return undefined
  const { run: found } = value as WebhookEvent
  const run = found === null ? null : soundSummary(found)
  return run === undefined ? undefined : { ...event, run }
}

const NOTHING: DeliveryState = { isFailing: false, isStale: false, waiting: [], since: null }
const FLAGS: Shape<Omit<DeliveryState, 'waiting'>> = {
  isFailing: isFlag,
  isStale: isFlag,
  since: orNull(isTime),
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the text says, as far as it is sound. */
function parseTold(text: string): StoredDeliveryState {
  const document = jsonOf(text)
  const flags = shaped(document, FLAGS)
  if (!flags) return { told: NOTHING, isDamaged: true }
  const { waiting } = document as { waiting?: unknown }
  const found: unknown[] = Array.isArray(waiting) ? waiting : []
  const events = found.map(soundEvent).filter((event) => event !== undefined)
  const isDamaged = !Array.isArray(waiting) || events.length < found.length
  return { told: { ...flags, waiting: events }, isDamaged }
}

export interface StoredDeliveryState {
  told: DeliveryState
  /** True where the file says less than was written into it. */
  isDamaged: boolean
}

/** Never throws. A missing, damaged or unreadable file counts as one that holds nothing. */
export async function readDeliveryState(dataFolder: string): Promise<StoredDeliveryState> {
  try {
    const text = await readDataText(pathIn(dataFolder))
    return text === undefined ? { told: NOTHING, isDamaged: false } : parseTold(text)
  } catch {
    return { told: NOTHING, isDamaged: true }
  }
}

/** Replaces the file in one step. */
export async function writeDeliveryState(dataFolder: string, told: DeliveryState): Promise<void> {
  await prepareFolder(dataFolder)
  await replaceDataFile(pathIn(dataFolder), JSON.stringify(told))
}
