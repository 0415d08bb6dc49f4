/**
 * Sends an event when a connection file was added, changed or removed, and when a run started or
 * ended, also by another program.
 */

import { connectionFingerprint } from '../../runner/connection/shared-destination.ts'
import type { Clock } from '../../runner/scheduler/clock.ts'
import type { RunPlace } from '../connections.ts'
import type { EventLog } from '../events/event-log.ts'
import type { RowCounts } from './row-counts.ts'
import { readRunTrace, type RunTrace } from './run-trace.ts'

const LOOK_EVERY_MS = 2000

export interface WatchOptions {
  connections: { runPlaces: () => Promise<RunPlace[]> }
  counts: Pick<RowCounts, 'countSoon' | 'forget'>
  events: Pick<EventLog, 'append'>
  clock: Clock
  signal: AbortSignal
}

interface Seen {
  path: string
  fingerprint: string
  /** Undefined for a connection that was never valid. */
  trace: RunTrace | undefined
}

type Found = ReadonlyMap<string, Seen>

async function lookAt(places: readonly RunPlace[], nowMs: number): Promise<Found> {
  const found = await Promise.all(
    places.map(async ({ name, path, connection }): Promise<[string, Seen]> => {
      const fingerprint = await connectionFingerprint(path)
      return [
        name,
        { path, fingerprint, trace: connection && (await readRunTrace(connection, nowMs)) },
      ]
    }),
  )
  return new Map(found)
}

/** Polls, because file watchers miss changes on network drives. Returns when aborted. */
export async function watchFiles(options: WatchOptions): Promise<void> {
  const { connections, clock, signal } = options
  let seen: Found | undefined
  while (!signal.aborted) {
    // A folder that cannot be listed for a moment changes nothing.
    const found = await connections
      .runPlaces()
      .then(async (places) => lookAt(places, clock.now()))
      .catch(() => seen)
    if (found) compare(seen, found, options)
    seen = found
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** The first look sends no events. It counts the rows of runs that ended while nobody looked. */
function compare(seen: Found | undefined, found: Found, { counts, events }: WatchOptions): void {
  for (const [connection, { path, fingerprint, trace }] of found) {
    const before = seen?.get(connection)
    const hasRun = before?.trace?.text !== trace?.text
    if (hasRun && trace?.endedAt !== undefined) counts.countSoon(path, trace.endedAt)
    if (seen && (hasRun || before?.fingerprint !== fingerprint))
      events.append({ type: 'connection_changed', connection })
  }
  for (const [connection, { path }] of seen ?? []) {
    if (found.has(connection)) continue
    counts.forget(path)
    events.append({ type: 'connection_removed', connection })
  }
}
