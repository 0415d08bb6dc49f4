/** The connections that `start` runs, each with its schedule and what the history knows of it. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { ConnectionFile } from '../../runner/connection/connection-file.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { History } from '../../runner/history/history.ts'
import type { RunRecord } from '../../runner/history/record.ts'
import { createSchedule, nextTimes, type Schedule } from '../../runner/schedule/schedule.ts'
import { lastHandledTick } from '../../runner/scheduler/catch-up.ts'
import { SYSTEM_CLOCK } from '../../runner/scheduler/clock.ts'
import { wallText } from '../../runner/scheduler/event-text.ts'
import { formatTable } from '../../terminal/table.ts'
import type { ProgramContext } from '../main.ts'
import { openConnectionFile } from '../open.ts'

/** Upcoming runs shown per connection. */
const SHOWN_TIMES = 3

export interface ScheduledConnection {
  file: ConnectionFile
  schedule: Schedule
  /**
   * Start of the last run that handled its ticks, in epoch milliseconds; undefined when unknown.
   */
  lastStartedAt: number | undefined
  /** End of the last successful run, in epoch milliseconds; undefined when unknown. */
  lastSuccessAt: number | undefined
}

function epochMsOf(time: string | null | undefined): number | undefined {
  return time ? Date.parse(time) : undefined
}

/**
 * The last successful run of all selected streams. A damaged history must not keep `start` from
 * starting.
 */
async function lastSuccess({ dataFolder, resources }: Connection): Promise<RunRecord | undefined> {
  const wanted = { resources: resources.keys(), nowMs: SYSTEM_CLOCK.now() }
  return new History(dataFolder).lastSuccess(wanted).catch(() => undefined)
}

/** Start of the connection's last successful run, in epoch milliseconds. */
export async function lastSuccessStart(connection: Connection): Promise<number | undefined> {
  return epochMsOf((await lastSuccess(connection))?.started_at)
}

/** Opens a connection file. Throws CONFIG_INVALID for an invalid file or a manual schedule. */
export async function openScheduled(
  path: string,
  context: ProgramContext,
): Promise<ScheduledConnection> {
  const open = async () => openConnectionFile(path, context)
  const connection = await open()
  const now = SYSTEM_CLOCK.now()
  const schedule = createSchedule(connection.schedule, now)
  if (schedule.nextAfter(now) === undefined) {
    throw new AppError('CONFIG_INVALID', `The connection ${path} has no schedule.`, {
      hint: 'Set `schedule` to type basic or cron, or run it manually with: customerio-sync run',
    })
  }
  const lastTick = lastHandledTick(connection, schedule, now)
  return {
    file: new ConnectionFile(connection, open),
    schedule,
    lastStartedAt: await lastTick.catch(() => undefined),
    lastSuccessAt: epochMsOf((await lastSuccess(connection))?.ended_at),
  }
}

/** Changes when the file's content does. An unreadable file counts as empty. */
export async function fingerprintOf(path: string): Promise<string> {
  const content = await readFile(path).catch(() => Buffer.alloc(0))
  return createHash('sha256').update(content).digest('hex')
}

/** Upcoming runs in UTC and in the schedule's own time zone. */
export function upcomingRunsText(scheduled: readonly ScheduledConnection[], now: number): string {
  const rows = scheduled.flatMap(({ file, schedule }) =>
    nextTimes(schedule, now, SHOWN_TIMES).map((time, at) => [
      at === 0 ? file.known.name : '',
      at === 0 ? schedule.text : '',
      wallText(time, 'UTC'),
      schedule.timezone === 'UTC' ? '' : wallText(time, schedule.timezone),
    ]),
  )
  return formatTable(['connection', 'schedule', 'next runs (UTC)', 'local time'], rows)
}
