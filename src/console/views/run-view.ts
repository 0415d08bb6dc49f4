/** Runs as the API shows them. Pure. */

import type { HistoryEntry } from '../../runner/history/history.ts'
import { totalsOf, type RunRecord, type StreamRecord } from '../../runner/history/record.ts'
import { SECOND_MS } from '../../time.ts'
import type { Api } from '../api/schemas.generated.ts'
import { remedyFor } from './remedies.ts'

/** A run, and whether it is running. */
export type ShownRun = Pick<HistoryEntry, 'run' | 'isRunning'>

export function outcomeOf({ run, isRunning }: ShownRun): Api<'RunOutcome'> {
  return isRunning ? 'running' : run.outcome
}

function failureView({ error }: RunRecord): Api<'RunFailure'> | null {
  if (!error) return null
  const { text: remedy, action } = remedyFor(error.code)
  const { program, code, message } = error
  return { program, code, message, remedy, action }
}

/** @param connection name of the connection in the workspace */
export function runSummary(connection: string, shown: ShownRun): Api<'RunSummary'> {
  const { run } = shown
  return {
    run_id: run.run_id,
    connection,
    trigger: run.trigger,
    started_at: run.started_at,
    ended_at: run.ended_at,
    seconds: run.seconds,
    outcome: outcomeOf(shown),
    ...totalsOf(run),
    error: shown.isRunning ? null : failureView(run),
  }
}

function streamView(stream: StreamRecord): Api<'RunStream'> {
  const { mode, rows_read, rows_loaded, rows_deleted, rows_rejected, seconds } = stream
  const counts = { rows_read, rows_loaded, rows_deleted, rows_rejected }
  const { bookmark_before, bookmark_after } = stream
  return { stream: stream.stream, mode, ...counts, bookmark_before, bookmark_after, seconds }
}

/** The streams of a run in progress have the counts so far. */
function withProgress(stream: Api<'RunStream'>, progress: Api<'Progress'>): Api<'RunStream'> {
  const found = progress.streams.find((one) => one.stream === stream.stream)
  return { ...stream, ...found }
}

export function runView(
  connection: string,
  shown: ShownRun,
  { progress, hasLog }: { progress: Api<'Progress'> | undefined; hasLog: boolean },
): Api<'Run'> {
  const { run } = shown
  const streams = run.streams.map(streamView)
  const { requests, retries, rate_limited } = progress ?? run
  return {
    run: runSummary(connection, shown),
    exit_status: run.exit_status,
    requests,
    retries,
    rate_limited,
    is_whole: run.is_whole ?? null,
    streams: progress ? streams.map((stream) => withProgress(stream, progress)) : streams,
    has_log: hasLog,
  }
}

/** The runs as columns. @param runs newest first */
export function runSeries(runs: readonly ShownRun[]): Api<'RunSeries'> {
  const inOrder = runs.toReversed()
  const names = [...new Set(inOrder.flatMap(({ run }) => run.streams.map(({ stream }) => stream)))]
  const column = <T>(name: string, value: (stream: StreamRecord) => T): (T | null)[] =>
    inOrder.map(({ run }) => {
      const found = run.streams.find(({ stream }) => stream === name)
      return found ? value(found) : null
    })
  const streams = names.map((name) => [
    name,
    {
      rows_loaded: column(name, (stream) => stream.rows_loaded),
      rows_deleted: column(name, (stream) => stream.rows_deleted),
      seconds: column(name, (stream) => stream.seconds),
    },
  ])
  return {
    run_id: inOrder.map(({ run }) => run.run_id),
    started_at: inOrder.map(({ run }) => Date.parse(run.started_at) / SECOND_MS),
    seconds: inOrder.map(({ run }) => run.seconds),
    outcome: inOrder.map(outcomeOf),
    streams: Object.fromEntries(streams) as Api<'RunSeries'>['streams'],
  }
}
