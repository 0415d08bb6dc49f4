/** How a connection stands: its last run, its next one, how fresh its rows are, how many there are. */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { damagedText, History, type HistoryEntry } from '../history/history.ts'
import { createSchedule } from '../schedule/schedule.ts'
import { bookmarkText } from '../warehouse/state-document.ts'
import { readLastState, readTables, type CallOptions } from '../warehouse/target-client.ts'

export interface TableStatus {
  stream: string
  table: string
  /** Null where it is not there. */
  rows: number | null
  /** The newest change that is loaded, RFC 3339. */
  bookmark: string | null
}

export interface Status {
  connection: string
  last: HistoryEntry | undefined
  /** When the last run began that read all streams and succeeded, RFC 3339: all that had changed until then is loaded. */
  freshUntil: string | null
  /** What was wrong with the history, as a sentence, if anything. */
  historyFault: string | undefined
  /** RFC 3339; null for a manual schedule. */
  nextRun: string | null
  schedule: string
  tables: TableStatus[]
  /** Why the warehouse could not be asked, or null: while a run holds a DuckDB file, nobody else can. */
  warehouseFault: string | null
}

async function askWarehouse(
  connection: Connection,
  options: CallOptions,
): Promise<Pick<Status, 'tables' | 'warehouseFault'>> {
  try {
    const state = await readLastState(connection, options)
    const { tables } = await readTables(connection, [...connection.resources.keys()], options)
    return {
      tables: tables.map(({ stream, table, rows }) => {
        return { stream, table, rows, bookmark: bookmarkText(state, stream) }
      }),
      warehouseFault: null,
    }
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    return { tables: [], warehouseFault: error.fullText }
  }
}

/** Changes nothing. */
export async function statusOf(connection: Connection, options: CallOptions): Promise<Status> {
  const history = new History(connection.dataFolder)
  const nowMs = Date.now()
  const resources = connection.resources.keys()
  const [last] = await history.newest(1, nowMs)
  const schedule = createSchedule(connection.schedule, nowMs)
  const next = schedule.nextAfter(nowMs)
  const success = await history.lastSuccess({ resources, nowMs })
  return {
    connection: connection.name,
    last,
    freshUntil: success?.started_at ?? null,
    historyFault: damagedText(history),
    nextRun: next === undefined ? null : new Date(next).toISOString(),
    schedule: schedule.text,
    ...(last?.isUnderWay
      ? { tables: [], warehouseFault: 'A run is under way.' }
      : await askWarehouse(connection, options)),
  }
}
