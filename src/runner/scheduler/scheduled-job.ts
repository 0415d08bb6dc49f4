/** The job of a scheduled connection, from its file and its history. */

import { conflictKeysOf } from '../connection/conflicts.ts'
import type { Connection } from '../connection/connection.ts'
import { connectionFingerprint } from '../connection/shared-destination.ts'
import { History } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import { lastHandledTick } from './catch-up.ts'
import type { Job } from './job-loop.ts'
import type { ScheduledConnection } from './roster.ts'

function epochMsOf(time: string | null | undefined): number | undefined {
  return time ? Date.parse(time) : undefined
}

/**
 * The last successful run of all selected streams. A damaged history must not stop the scheduler.
 */
async function lastSuccess(
  { dataFolder, resources }: Connection,
  nowMs: number,
): Promise<RunRecord | undefined> {
  const wanted = { resources: resources.keys(), nowMs }
  return new History(dataFolder).lastSuccess(wanted).catch(() => undefined)
}

/** End of the connection's last successful run, in epoch milliseconds. */
export async function lastSuccessEnd(
  connection: Connection,
  nowMs: number,
): Promise<number | undefined> {
  return epochMsOf((await lastSuccess(connection, nowMs))?.ended_at)
}

/** The job of the current version of the file. */
export async function jobOf(
  { file, schedule }: ScheduledConnection,
  { run, now }: { run: Job['run']; now: () => number },
): Promise<Job> {
  const { name, path } = file.known
  const lastTick = lastHandledTick(file.known, schedule, now())
  return {
    name,
    schedule,
    lastStartedAt: await lastTick.catch(() => undefined),
    conflictKeys: conflictKeysOf(file.known),
    fingerprint: async () => connectionFingerprint(path),
    lastSuccessAt: async () => epochMsOf((await lastSuccess(file.known, now()))?.started_at),
    run,
  }
}
