/** A connection as the API shows it. Pure. */

import type { Connection } from '../../runner/connection/connection.ts'
import type { HistoryEntry } from '../../runner/history/history.ts'
import type { Status } from '../../runner/inspect/status.ts'
import type { ScheduleSettings } from '../../runner/schedule/schedule.ts'
import type { StreamName } from '../../streams/index.ts'
import { modesOf } from '../../streams/modes.ts'
import type { Api } from '../api/schemas.generated.ts'
import { engineOf } from '../documents/engine-forms.ts'
import { shownUrl } from '../documents/redact.ts'
import type { CountedTables } from '../runs/kept-counts.ts'
import { basename } from 'node:path'
import { runSummary } from './run-view.ts'

type NextRun = Pick<Status, 'schedule' | 'nextRun' | 'isScheduleRunning' | 'pausedUntil'>

/** What the history says about a stream. */
export interface StreamHistory {
  /** Start of the last run that read it completely and succeeded. */
  freshUntil: string | null
  bookmark: string | null
}

/** Everything that is known about a valid connection. */
export interface ConnectionFacts {
  name: string
  connection: Connection
  next: NextRun
  freshUntil: string | null
  streams: ReadonlyMap<StreamName, StreamHistory>
  counted: CountedTables | undefined
  /** The newest run that ended. */
  last: HistoryEntry | undefined
  /** The run in progress, here or elsewhere. */
  current: Api<'CurrentRun'> | undefined
  /** The scheduled run that waits behind it. */
  queued: Api<'CurrentRun'> | undefined
}

function statusOf({ connection, next, last, current }: ConnectionFacts): Api<'ConnectionStatus'> {
  if (current) return current.state === 'queued' ? 'queued' : 'running'
  if (isPaused(connection.schedule)) return 'paused'
  if (next.pausedUntil !== null) return 'backing_off'
  return last ? last.run.outcome : 'new'
}

function isPaused({ type, paused }: ScheduleSettings): boolean {
  return type !== 'manual' && paused === true
}

/** A basic schedule is in UTC. */
function timezoneOf({ type, timezone = 'UTC' }: ScheduleSettings): string {
  return type === 'cron' ? timezone : 'UTC'
}

function scheduleView({ connection, next }: ConnectionFacts): Api<'ConnectionSchedule'> {
  return {
    type: connection.schedule.type,
    text: next.schedule,
    timezone: timezoneOf(connection.schedule),
    is_paused: isPaused(connection.schedule),
    is_run_by_a_process: next.isScheduleRunning,
    next_run: next.nextRun,
    backing_off_until: next.pausedUntil,
  }
}

function streamView(facts: ConnectionFacts, stream: StreamName): Api<'ConnectionStream'> {
  const { connection, streams, counted } = facts
  const table = counted?.tables.find((one) => one.stream === stream)
  const history = streams.get(stream)
  return {
    stream,
    mode: connection.resources.get(stream) ?? modesOf(stream)[0],
    can_be_resynced: modesOf(stream).includes('full_refresh'),
    table: table?.table ?? `${connection.destination.table_prefix}${stream}`,
    fresh_until: history?.freshUntil ?? null,
    bookmark: history?.bookmark ?? null,
    live_rows: table?.rows ?? null,
    deleted_rows: table?.deleted_rows ?? null,
  }
}

function destinationView({ destination, sharedDestinationPath: shared }: Connection) {
  const engine = engineOf(destination.warehouse_url)
  return {
    use: shared === undefined ? null : basename(shared, '.json'),
    engine,
    // The value of a variable that holds no URL is not shown.
    shown: engine === null ? null : shownUrl(destination.warehouse_url),
    schema: destination.default_target_schema ?? null,
    table_prefix: destination.table_prefix,
  }
}

export function connectionView(facts: ConnectionFacts): Api<'Connection'> {
  const { name, connection, freshUntil, counted, last, current, queued } = facts
  return {
    name,
    status: statusOf(facts),
    problem: null,
    schedule: scheduleView(facts),
    fresh_until: freshUntil,
    streams: [...connection.resources.keys()].map((stream) => streamView(facts, stream)),
    rows_read_at: counted?.readAt ?? null,
    destination: destinationView(connection),
    last_run: last ? runSummary(name, last) : null,
    current_run: current ?? null,
    queued_run: queued ?? null,
  }
}

/** A connection whose file cannot be used. */
export function invalidConnectionView(name: string, problem: string): Api<'Connection'> {
  return {
    name,
    status: 'invalid',
    problem,
    schedule: {
      type: 'manual',
      text: '',
      timezone: 'UTC',
      is_paused: false,
      is_run_by_a_process: null,
      next_run: null,
      backing_off_until: null,
    },
    fresh_until: null,
    streams: [],
    rows_read_at: null,
    destination: { use: null, engine: null, shown: null, schema: null, table_prefix: '' },
    last_run: null,
    current_run: null,
    queued_run: null,
  }
}

/** A run that another process has in progress. */
export function foreignRun(name: string, { run }: HistoryEntry): Api<'CurrentRun'> {
  return {
    connection: name,
    state: 'elsewhere',
    run_id: run.run_id,
    trigger: run.trigger,
    started_at: run.started_at,
    progress: null,
  }
}
