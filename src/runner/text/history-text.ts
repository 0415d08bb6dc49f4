/**
 * Pure: formats the history for a person. The table fits the width, from 80 columns on; errors
 * follow below it.
 */

import { sparkline } from '../../terminal/chart.ts'
import { formatTable } from '../../terminal/table.ts'
import type { HistoryEntry } from '../history/history.ts'
import { shownRunId, totalsOf, type RunRecord } from '../history/record.ts'

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
/** Columns that a narrow terminal has no room for. The JSON has them. */
const WIDE_ONLY = new Set(['requests'])
/** From this width on, all columns fit. */
const WIDE_COLUMNS = 90

function shortened(text: string): string {
  return text.length > MAX_ERROR ? `${text.slice(0, MAX_ERROR)}...` : text
}

function startOf(run: RunRecord): string {
  return run.started_at.slice(0, 16).replace('T', ' ')
}

function cellsOf({ run, isRunning }: HistoryEntry): Record<string, string> {
  const totals = totalsOf(run)
  const hasEnded = run.ended_at !== null
  const count = (value: number) => (hasEnded ? String(value) : '')
  return {
    run: shownRunId(run),
    'started (UTC)': startOf(run),
    trigger: TRIGGERS[run.trigger],
    outcome: isRunning ? 'running' : run.outcome,
    loaded: count(totals.rows_loaded),
    deleted: count(totals.rows_deleted),
    rejected: count(totals.rows_rejected),
    requests: count(run.requests),
    secs: run.seconds === null ? '' : run.seconds.toFixed(1),
  }
}

function runTable(entries: readonly HistoryEntry[], width: number): string {
  const rows = entries.map((entry) =>
    Object.entries(cellsOf(entry)).filter(
      ([name]) => width >= WIDE_COLUMNS || !WIDE_ONLY.has(name),
    ),
  )
  const names = (rows[0] ?? []).map(([name]) => name)
  return formatTable(
    names,
    rows.map((cells) => cells.map(([, cell]) => cell)),
  )
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
export function historyText(entries: readonly HistoryEntry[], width: number): string {
  if (entries.length === 0) return 'No runs yet.'
  const newestFirst = entries.map(({ run }) => run)
  const runs = newestFirst.toReversed()
  const rows = runs.map((run) => (run.ended_at === null ? null : totalsOf(run).rows_loaded))
  return [
    runTable(entries, width),
    ...errorLines(newestFirst),
    '',
    chartLine('rows', rows),
    chartLine(
      'seconds',
      runs.map((run) => run.seconds),
    ),
  ].join('\n')
}
