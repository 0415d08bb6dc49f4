/** Pure: formats the history for a person. The table fits 80 columns; errors follow below it. */

import { sparkline } from '../../terminal/chart.ts'
import { formatTable } from '../../terminal/table.ts'
import type { HistoryEntry } from '../history/history.ts'
import { totalsOf, type RunRecord } from '../history/record.ts'

const TRIGGERS: Record<RunRecord['trigger'], string> = {
  manual: 'manual',
  schedule: 'schedule',
  catch_up: 'catch-up',
  resync: 'resync',
}
/** Longest error shown, in characters; `history --json` has the whole one. */
const MAX_ERROR = 160
/** As many runs as fit into 80 columns. */
const MAX_CHART_RUNS = 50

function shortened(text: string): string {
  return text.length > MAX_ERROR ? `${text.slice(0, MAX_ERROR)}...` : text
}

function startOf(run: RunRecord): string {
  return run.started_at.slice(0, 16).replace('T', ' ')
}

function row({ run, isRunning }: HistoryEntry): string[] {
  const totals = totalsOf(run)
  const hasEnded = run.ended_at !== null
  const count = (value: number) => (hasEnded ? String(value) : '')
  return [
    startOf(run),
    TRIGGERS[run.trigger],
    isRunning ? 'running' : run.outcome,
    count(totals.rows_loaded),
    count(totals.rows_deleted),
    count(totals.rows_rejected),
    count(run.requests),
    run.seconds === null ? '' : run.seconds.toFixed(1),
  ]
}

function errorLines(runs: readonly RunRecord[]): string[] {
  const lines = runs.flatMap((run) =>
    run.error ? [`${startOf(run)}  ${shortened(run.error.message)}`] : [],
  )
  return lines.length === 0 ? [] : ['', 'Errors:', ...lines]
}

function chartLine(name: string, values: readonly (number | null)[]): string {
  const shown = values.slice(-MAX_CHART_RUNS)
  const largest = Math.max(...shown.map((value) => value ?? 0))
  return `${name.padEnd(8)}${sparkline(shown)}  max ${largest}`
}

/**
 * A table of the runs, newest first, their errors, and a chart of rows and seconds from the oldest
 * to the newest.
 */
export function historyText(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'No runs yet.'
  const counts = ['loaded', 'deleted', 'rejected', 'requests', 'secs']
  const newestFirst = entries.map(({ run }) => run)
  const runs = newestFirst.toReversed()
  const rows = runs.map((run) => (run.ended_at === null ? null : totalsOf(run).rows_loaded))
  return [
    formatTable(['started (UTC)', 'trigger', 'outcome', ...counts], entries.map(row)),
    ...errorLines(newestFirst),
    '',
    chartLine('rows', rows),
    chartLine(
      'seconds',
      runs.map((run) => run.seconds),
    ),
  ].join('\n')
}
