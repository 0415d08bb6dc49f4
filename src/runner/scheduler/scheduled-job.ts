/** The job of a scheduled connection, from its file and its history. */

import { dirname } from 'node:path'
import { conflictKeysOf } from '../connection/conflicts.ts'
import type { Connection } from '../connection/connection.ts'
import type { ConnectionFile } from '../connection/connection-file.ts'
import { shortFingerprint } from '../connection/shared-destination.ts'
import { History } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import { backoffState, type Backoff } from '../pause/backoff.ts'
import { readNotedPause } from '../pause/scheduler-note.ts'
import { lastHandledTick } from './catch-up.ts'
import { createSchedule } from '../schedule/schedule.ts'
import { isFile } from '../workspace/documents.ts'
import type { Job } from './job-loop.ts'
import { isFolder, type ScheduledConnection } from './roster.ts'

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

async function lastSuccessStart(
  connection: Connection,
  nowMs: number,
): Promise<number | undefined> {
  return epochMsOf((await lastSuccess(connection, nowMs))?.started_at)
}

/** A pause that an earlier process left. */
interface LeftPause {
  /** It counts for the next failure, also when its time is over. */
  backoff: Backoff
  isActive: boolean
}

/** Undefined when something other than time has ended the pause. Never throws. */
export async function leftPause(
  connection: Connection,
  { env, nowMs }: { env: NodeJS.ProcessEnv; nowMs: number },
): Promise<LeftPause | undefined> {
  const backoff = await readNotedPause(connection, env)
  if (!backoff) return undefined
  const fingerprint = await shortFingerprint(connection.path)
  const lastSuccessAt = await lastSuccessStart(connection, nowMs)
  const state = backoffState(backoff, nowMs, { fingerprint, lastSuccessAt })
  return state === 'ended' ? undefined : { backoff, isActive: state === 'active' }
}

/** The pauses that an earlier process left and that still last, by the path of the file. */
export async function activePauses(
  scheduled: readonly ScheduledConnection[],
  options: { env: NodeJS.ProcessEnv; nowMs: number },
): Promise<ReadonlyMap<string, Backoff>> {
  const found = new Map<string, Backoff>()
  for (const { file } of scheduled) {
    const left = await leftPause(file.known, options)
    if (left?.isActive) found.set(file.known.path, left.backoff)
  }
  return found
}

/** The keys of the file as it is now, or of its last valid version. */
async function currentKeys(file: ConnectionFile): Promise<string[]> {
  return conflictKeysOf(await file.reopen().catch(() => file.known))
}

/**
 * Whether the file still has a schedule. A pause or a deletion counts at once. A file that is not
 * valid, or whose folder is away, has a run that fails and says why.
 */
async function isWanted(file: ConnectionFile, now: () => number): Promise<boolean> {
  const { path } = file.known
  try {
    const { schedule } = await file.reopen()
    return createSchedule(schedule, now()).nextAfter(now()) !== undefined
  } catch {
    const exists = await isFile(path).catch(() => true)
    return exists || !(await isFolder(dirname(path)))
  }
}

/** The job of the current version of the file. */
export async function jobOf(
  { file, schedule }: ScheduledConnection,
  { run, enqueue, now }: Pick<Job, 'run' | 'enqueue'> & { now: () => number },
): Promise<Job> {
  const { name, path } = file.known
  const lastTick = lastHandledTick(file.known, schedule, now())
  return {
    name,
    schedule,
    lastStartedAt: await lastTick.catch(() => undefined),
    conflictKeys: conflictKeysOf(file.known),
    currentKeys: async () => currentKeys(file),
    fingerprint: async () => shortFingerprint(path),
    lastSuccessAt: async () => lastSuccessStart(file.known, now()),
    isWanted: async () => isWanted(file, now),
    enqueue,
    run,
  }
}
