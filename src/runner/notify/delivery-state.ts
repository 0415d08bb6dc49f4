/**
 * Decides which events a webhook gets, from what it has accepted so far. Stored in the data folder,
 * so that each event is sent once.
 */

import { join } from 'node:path'
import { readDataText, replaceDataFile } from '../connection/data-file.ts'
import { prepareFolder } from '../connection/data-folder.ts'
import type { StreamName } from '../../streams/index.ts'
import { parseSummary } from '../history/history-line.ts'
import { isWhole, type RunRecord } from '../history/record.ts'
import {
  isBoolean,
  isString,
  isTime,
  oneOf,
  orNull,
  withShape,
  type Shape,
} from '../history/shape.ts'
import { PENDING_NAMES, type EventName, type NotifyEvent } from './event.ts'

/** What the webhook knows, and what it has yet to get. */
export interface DeliveryState {
  /** It accepted `run_failed`, and no `run_recovered` since. */
  isFailing: boolean
  /** It accepted `stale`, and no `run_recovered` since. */
  isStale: boolean
  /** Events that it did not accept, at most one of each name. */
  pendingEvents: readonly NotifyEvent[]
  /**
   * Since when a connection that never succeeded counts as without success, RFC 3339; null before
   * the first check.
   */
  since: string | null
}

/** What a run says about its connection; undefined when it says nothing. */
export type RunHealth = 'failure' | 'success' | undefined

/** A run that a signal stopped says nothing, nor does a success that left streams out. Pure. */
export function healthOf(run: RunRecord | undefined, streams: Iterable<StreamName>): RunHealth {
  if (run === undefined || run.outcome === 'stopped') return undefined
  if (run.outcome !== 'succeeded') return 'failure'
  return isWhole(run, streams) ? 'success' : undefined
}

/**
 * The events that lead from what the webhook accepted to how the connection is now, in order. A
 * pending event is among them only while it is true: after a success, an undelivered failure is
 * obsolete, and so is the recovery from it. Pure.
 */
export function eventsOf(
  state: DeliveryState,
  now: { health: RunHealth; isStale: boolean },
): EventName[] {
  const { health, isStale } = now
  const isPending = (name: EventName) => state.pendingEvents.some(({ event }) => event === name)
  const hasProblem = state.isFailing || state.isStale
  const hasRecovered = hasProblem && (health ? health === 'success' : isPending('run_recovered'))
  const isFailing = health ? health === 'failure' : isPending('run_failed')
  return [
    ...(hasRecovered ? (['run_recovered'] as const) : []),
    ...(isFailing && !state.isFailing ? (['run_failed'] as const) : []),
    ...(isStale && (hasRecovered || !state.isStale) ? (['stale'] as const) : []),
  ]
}

/**
 * The state after the webhook accepted the `delivered` events, in order, but not the pending ones.
 * Pure.
 */
export function deliveryStateAfter(
  state: DeliveryState,
  events: { delivered: readonly EventName[]; pendingEvents: readonly NotifyEvent[] },
  isStale: boolean,
): DeliveryState {
  const { delivered, pendingEvents } = events
  const known = delivered.reduce(
    (before, name) => ({
      isFailing: name === 'run_failed' || (name === 'stale' && before.isFailing),
      isStale: name === 'stale' || (name === 'run_failed' && before.isStale),
    }),
    { isFailing: state.isFailing, isStale: state.isStale },
  )
  // Rows can also become fresh without a run, by a longer `stale_after_hours`. That needs no
  // recovery.
  const isRecovering = pendingEvents.some(({ event }) => event === 'run_recovered')
  return {
    isFailing: known.isFailing,
    isStale: known.isStale && (isStale || isRecovering),
    pendingEvents,
    since: state.since,
  }
}

function pathIn(dataFolder: string): string {
  return join(dataFolder, 'notified.json')
}

const EVENT: Shape<Omit<NotifyEvent, 'run'>> = {
  event: oneOf(...PENDING_NAMES),
  event_id: isString,
  connection: isString,
  sent_at: isTime,
  last_success_at: orNull(isTime),
}

function parseEvent(value: unknown): NotifyEvent | undefined {
  const event = withShape(value, EVENT)
  if (!event) return undefined
  const { run: found } = value as NotifyEvent
  const run = found === null ? null : parseSummary(found)
  return run === undefined ? undefined : { ...event, run }
}

const EMPTY: DeliveryState = { isFailing: false, isStale: false, pendingEvents: [], since: null }
const FLAGS: Shape<Omit<DeliveryState, 'pendingEvents'>> = {
  isFailing: isBoolean,
  isStale: isBoolean,
  since: orNull(isTime),
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keeps what is valid. The file names the pending events `waiting`. */
function parseState(text: string): StoredDeliveryState {
  const document = tryParseJson(text)
  const flags = withShape(document, FLAGS)
  if (!flags) return { state: EMPTY, isDamaged: true }
  const { waiting } = document as { waiting?: unknown }
  const found: unknown[] = Array.isArray(waiting) ? waiting : []
  const pendingEvents = found.map(parseEvent).filter((event) => event !== undefined)
  const isDamaged = !Array.isArray(waiting) || pendingEvents.length < found.length
  return { state: { ...flags, pendingEvents }, isDamaged }
}

export interface StoredDeliveryState {
  state: DeliveryState
  /** True when the file holds less than was written into it. */
  isDamaged: boolean
}

/** Never throws. A missing, damaged or unreadable file counts as empty. */
export async function readDeliveryState(dataFolder: string): Promise<StoredDeliveryState> {
  try {
    const text = await readDataText(pathIn(dataFolder))
    return text === undefined ? { state: EMPTY, isDamaged: false } : parseState(text)
  } catch {
    return { state: EMPTY, isDamaged: true }
  }
}

/** Replaces the file in one step. Throws when the data folder is not writable. */
export async function writeDeliveryState(dataFolder: string, state: DeliveryState): Promise<void> {
  const { pendingEvents: waiting, ...flags } = state
  await prepareFolder(dataFolder)
  await replaceDataFile(pathIn(dataFolder), JSON.stringify({ ...flags, waiting }))
}
