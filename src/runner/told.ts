/** What a webhook was told, in the connection's data folder, so that each thing is told once. */

import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isWhole, type RunRecord } from './record.ts'
import type { Resource } from './connection.ts'
import { EVENT_NAMES, type EventName, type WebhookEvent } from './webhook.ts'

/** What the webhook took, and what it is yet to be told. */
export interface Told {
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
export function newsIn(run: RunRecord | undefined, resources: Iterable<Resource>): News {
  if (run === undefined || run.outcome === 'stopped') return undefined
  if (run.outcome !== 'succeeded') return 'failure'
  return isWhole(run, resources) ? 'success' : undefined
}

/**
 * Pure: the events that lead from what the webhook took to how the connection stands now, in their order. What waits is among them only
 * while it is still true: a failure that nobody took is not told after a success, nor is the recovery from it.
 */
export function eventsOf(told: Told, now: { news: News; isStale: boolean }): EventName[] {
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
export function toldAfter(
  told: Told,
  events: { taken: readonly EventName[]; waiting: readonly WebhookEvent[] },
  isStale: boolean,
): Told {
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

function isEvent(value: unknown): value is WebhookEvent {
  const { event, event_id: id } = (value ?? {}) as Partial<WebhookEvent>
  return event !== undefined && EVENT_NAMES.includes(event) && typeof id === 'string'
}

/** A file that is missing or damaged tells of nothing. */
export async function readTold(dataFolder: string): Promise<Told> {
  const text = await readFile(pathIn(dataFolder), 'utf8').catch(() => '{}')
  let found: Partial<Told> = {}
  try {
    found = JSON.parse(text) as Partial<Told>
  } catch {
    // torn
  }
  const waiting: unknown[] = Array.isArray(found.waiting) ? found.waiting : []
  return {
    isFailing: found.isFailing === true,
    isStale: found.isStale === true,
    waiting: waiting.filter(isEvent),
    since: typeof found.since === 'string' ? found.since : null,
  }
}

/** Replaces the file in one step. */
export async function writeTold(dataFolder: string, told: Told): Promise<void> {
  const path = pathIn(dataFolder)
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}.new`
  try {
    await writeFile(temporary, JSON.stringify(told), { mode: 0o600 })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
