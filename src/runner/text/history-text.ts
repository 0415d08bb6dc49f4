/** Pure: a history as a person reads it. */

import { sparkline } from '../../terminal/chart.ts'
import type { HistoryEntry } from '../history/history.ts'
import { formatTable } from '../../terminal/table.ts'
import { totalsOf } from '../history/record.ts'

const TRIGGERS = { manual: 'manual', schedule: 'schedule', catch_up: 'catch-up', resync: 'resync' }
const MAX_REASON = 100

function reasonOf({ run }: HistoryEntry): string {
  const text = run.error?.message ?? ''
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}...` : text
}

function row(entry: HistoryEntry): string[] {
  const { run, isUnderWay } = entry
  const { rows_loaded: loaded, rows_deleted: deleted, rows_rejected: rejected } = totalsOf(run)
  return [
    run.started_at.slice(0, 19).replace('T', ' '),
    TRIGGERS[run.trigger],
    isUnderWay ? 'under way' : run.outcome,
    run.ended_at === null ? '' : String(loaded),
    run.ended_at === null ? '' : String(deleted),
    run.ended_at === null ? '' : String(rejected),
    run.ended_at === null ? '' : String(run.requests),
    run.seconds === null ? '' : run.seconds.toFixed(1),
    reasonOf(entry),
  ]
}

function chartLine(name: string, values: readonly (number | null)[]): string {
  const greatest = Math.max(...values.map((value) => value ?? 0))
  return `${name.padEnd(8)}${sparkline(values)}  at most ${greatest}`
}

/** A table, newest first, and a chart of rows and seconds from the oldest to the newest. */
export function historyText(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'There has been no run yet.'
  const header = ['started (UTC)', 'by', 'outcome', 'loaded', 'deleted', 'rejected', 'requests']
  const runs = entries.map(({ run }) => run).toReversed()
  return [
    formatTable([...header, 'seconds', ''], entries.map(row)),
    '',
    chartLine(
      'rows',
      runs.map((run) => (run.ended_at === null ? null : totalsOf(run).rows_loaded)),
    ),
    chartLine(
      'seconds',
      runs.map((run) => run.seconds),
    ),
  ].join('\n')
}
