/**
 * Reads the status of a connection: last and next run, how fresh the rows are, and how many there
 * are.
 */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { damagedText, History, type HistoryEntry } from '../history/history.ts'
import type { CallOptions } from '../programs/call-program.ts'
import { shortFingerprint } from '../connection/shared-destination.ts'
import { backoffState, nextTry } from '../pause/backoff.ts'
import { readSchedulerNote } from '../pause/scheduler-note.ts'
import { createSchedule } from '../schedule/schedule.ts'
import { bookmarkText } from '../warehouse/state-document.ts'
import { readLastState, readTables } from '../warehouse/target-client.ts'

interface TableStatus {
  stream: string
  table: string
  /** Without deleted rows. Null when the table does not exist. */
  rows: number | null
  /** Rows that are marked as deleted. Null when the table does not exist. */
  deleted_rows: number | null
  /** Time of the newest loaded change, RFC 3339. */
  bookmark: string | null
}

export interface Status {
  connection: string
  last: HistoryEntry | undefined
  /**
   * Start of the last run that read every stream and succeeded, RFC 3339. Every change up to this
   * time is loaded.
   */
  freshUntil: string | null
  /** A sentence about damage in the history, if any. */
  historyWarning: string | undefined
  /** RFC 3339; null for a manual schedule, and when no process runs the schedule. */
  nextRun: string | null
  schedule: string
  /** Whether a process runs the schedule; null for a manual one. */
  isScheduleRunning: boolean | null
  /** RFC 3339: no run before this time, because of an error; null when nothing is paused. */
  pausedUntil: string | null
  tables: TableStatus[]
  /**
   * Why the warehouse was not read, or null. A run that holds a DuckDB file locks out every other
   * process.
   */
  warehouseError: string | null
}

async function readWarehouse(
  connection: Connection,
  options: CallOptions,
): Promise<Pick<Status, 'tables' | 'warehouseError'>> {
  try {
    const state = await readLastState(connection, options)
    const { tables } = await readTables(connection, [...connection.resources.keys()], options)
    return {
      tables: tables.map(({ stream, table, rows, deleted_rows }) => {
        return { stream, table, rows, deleted_rows, bookmark: bookmarkText(state, stream) }
      }),
      warehouseError: null,
    }
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    return { tables: [], warehouseError: error.fullText }
  }
}

/** When the next run is due, according to the process that runs the schedule. */
export async function readNextRun(
  connection: Connection,
  { nowMs, lastSuccessAt }: { nowMs: number; lastSuccessAt: number | undefined },
): Promise<Pick<Status, 'schedule' | 'nextRun' | 'isScheduleRunning' | 'pausedUntil'>> {
  const schedule = createSchedule(connection.schedule, nowMs)
  const none = { schedule: schedule.text, nextRun: null, pausedUntil: null }
  const next = schedule.nextAfter(nowMs)
  if (next === undefined) return { ...none, isScheduleRunning: null }
  const note = await readSchedulerNote(connection, nowMs)
  if (!note?.isRunning) return { ...none, isScheduleRunning: false }
  const fingerprint = await shortFingerprint(connection.path)
  const { backoff } = note
  const isPaused =
    backoff && backoffState(backoff, nowMs, { fingerprint, lastSuccessAt }) === 'active'
  const due = isPaused ? nextTry(schedule, backoff) : next
  return {
    schedule: schedule.text,
    nextRun: due === undefined ? null : new Date(due).toISOString(),
    isScheduleRunning: true,
    pausedUntil: isPaused ? new Date(backoff.until).toISOString() : null,
  }
}

/**
 * Changes nothing. Throws CONFIG_INVALID for a history that cannot be read, and the signal's
 * reason.
 */
export async function readStatus(connection: Connection, options: CallOptions): Promise<Status> {
  const history = new History(connection.dataFolder)
  const nowMs = Date.now()
  const resources = connection.resources.keys()
  const [last] = await history.newest(1, nowMs)
  const success = await history.lastSuccess({ resources, nowMs })
  return {
    connection: connection.name,
    last,
    freshUntil: success?.started_at ?? null,
    historyWarning: damagedText(history),
    ...(await readNextRun(connection, {
      nowMs,
      lastSuccessAt: success && Date.parse(success.started_at),
    })),
    ...(last?.isRunning
      ? { tables: [], warehouseError: 'A run is in progress, so the warehouse was not read.' }
      : await readWarehouse(connection, options)),
  }
}
