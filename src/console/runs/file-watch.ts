/** Sends an event when a connection file was added, changed or removed, also by another program. */

import { connectionFingerprint } from '../../runner/connection/shared-destination.ts'
import type { Clock } from '../../runner/scheduler/clock.ts'
import type { DocumentEntry } from '../../runner/workspace/documents.ts'
import type { EventLog } from '../events/event-log.ts'
import type { RowCounts } from './row-counts.ts'

const LOOK_EVERY_MS = 2000

export interface WatchOptions {
  connections: { entries: () => Promise<DocumentEntry[]> }
  counts: RowCounts
  events: EventLog
  clock: Clock
  signal: AbortSignal
}

interface SeenFile {
  path: string
  fingerprint: string
}

async function lookAt(entries: readonly DocumentEntry[]): Promise<Map<string, SeenFile>> {
  const files = await Promise.all(
    entries.map(async ({ name, path }): Promise<[string, SeenFile]> => {
      return [name, { path, fingerprint: await connectionFingerprint(path) }]
    }),
  )
  return new Map(files)
}

/** Polls, because file watchers miss changes on network drives. Returns when aborted. */
export async function watchFiles(options: WatchOptions): Promise<void> {
  const { connections, counts, events, clock, signal } = options
  let seen: Map<string, SeenFile> | undefined
  while (!signal.aborted) {
    // A folder that cannot be listed for a moment changes nothing.
    const found = await connections
      .entries()
      .then(lookAt)
      .catch(() => seen)
    for (const [connection, { path, fingerprint }] of seen ? (found ?? []) : []) {
      if (seen?.get(connection)?.fingerprint === fingerprint) continue
      counts.forget(path)
      events.append({ type: 'connection_changed', connection })
    }
    for (const [connection, { path }] of seen ?? []) {
      if (found?.has(connection) === true) continue
      counts.forget(path)
      events.append({ type: 'connection_removed', connection })
    }
    seen = found
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}
