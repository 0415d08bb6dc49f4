/** What events change in what the page shows, and what they make out of date. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { connectionPath } from '../api/query.ts'

type Connection = Api<'Connection'>
type Run = Api<'Run'>
type ConsoleEvent = Api<'Event'>
type RunChange = Api<'RunChangeEvent'>

function isRunChange(event: ConsoleEvent): event is RunChange {
  return 'current_run' in event
}

/** The run that an event is about; undefined for another event. */
export function changedRun(event: ConsoleEvent): Api<'CurrentRun'> | undefined {
  return isRunChange(event) ? event.current_run : undefined
}

/** Why a run did not start; undefined for another event. */
export function notStarted(event: ConsoleEvent): Api<'Error'> | undefined {
  if (event.type !== 'run_ended' || !event.error) return undefined
  const { connection, error } = event
  return { ...error, message: `The run of ${connection} did not start. ${error.message}` }
}

export function withCurrentRun(connection: Connection, run: Api<'CurrentRun'>): Connection {
  if (run.connection !== connection.name) return connection
  return { ...connection, status: run.state === 'queued' ? 'queued' : 'running', current_run: run }
}

/** A run with the numbers of its progress. Another run stays as it is. */
export function withProgress(run: Run, { run_id, progress }: Api<'CurrentRun'>): Run {
  if (run.run.run_id !== run_id || !progress) return run
  const { requests, retries, rate_limited, seconds } = progress
  const streams = run.streams.map((stream) => ({
    ...stream,
    ...progress.streams.find((one) => one.stream === stream.stream),
  }))
  const total = (name: 'rows_read' | 'rows_loaded' | 'rows_deleted' | 'rows_rejected') =>
    progress.streams.reduce((sum, stream) => sum + stream[name], 0)
  const totals = {
    rows_read: total('rows_read'),
    rows_loaded: total('rows_loaded'),
    rows_deleted: total('rows_deleted'),
    rows_rejected: total('rows_rejected'),
  }
  return {
    ...run,
    run: { ...run.run, ...totals, seconds },
    requests,
    retries,
    rate_limited,
    streams,
  }
}

/**
 * Beginnings of the paths that an event makes out of date. An empty one stands for all of them.
 * Progress changes nothing else than the run.
 */
export function outdatedPaths(event: ConsoleEvent): string[] {
  switch (event.type) {
    case 'reset':
      return ['']
    case 'schedules_changed':
      return ['/workspace', '/connections']
    case 'run_progress':
    case 'run_stopping':
    case 'run_log':
      return []
    case 'run_queued':
    case 'run_started':
      return ['/runs', ...ofConnection(event.connection, 'runs')]
    case 'run_ended':
      return ['/connections', '/workspace', '/runs', ...ofConnection(event.connection)]
    case 'connection_changed':
      return ['/connections', '/workspace', '/runs', ...withoutTables(event.connection)]
    case 'connection_removed':
      return ['/connections', '/workspace', ...ofConnection(event.connection)]
  }
}

function ofConnection(name: string, ...rest: readonly string[]): string[] {
  const path = connectionPath(name, ...rest)
  return [path, `${path}/`, `${path}?`]
}

/**
 * To read the tables is to count their rows, and a new count sends an event. So only the end of a
 * run makes them out of date.
 */
function withoutTables(name: string): string[] {
  const path = connectionPath(name)
  return [path, `${path}/runs/`, `${path}/series`]
}

/** Whether a path of the API is outdated. One that ends with a separator stands for a group. */
export function isOutdated(path: string, outdated: readonly string[]): boolean {
  return outdated.some(
    (one) =>
      one === '' ||
      path === one ||
      path.startsWith(`${one}?`) ||
      (/[/?]$/.test(one) && path.startsWith(one)),
  )
}
