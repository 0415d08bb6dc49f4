/** Series of runs as columns of charts and as rows of a table. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

type Series = Api<'RunSeries'>

interface ChartLine {
  label: string
  values: (number | null)[]
}

export interface ChartData {
  /** Seconds since 1970. */
  times: number[]
  lines: ChartLine[]
  /** Positions of runs that failed or crashed. */
  failed: number[]
}

export type Measure = 'rows_loaded' | 'rows_deleted' | 'seconds'

const FAILURES: readonly Api<'RunOutcome'>[] = ['failed', 'crashed']

function failedRuns({ outcome }: Series): number[] {
  return outcome.flatMap((one, at) => (FAILURES.includes(one) ? [at] : []))
}

/** One line for each stream. Seconds also have one for the whole run. */
export function chartData(series: Series, measure: Measure): ChartData {
  const lines = Object.entries(series.streams).map(([label, stream]) => ({
    label,
    values: stream[measure],
  }))
  const whole = measure === 'seconds' ? [{ label: 'whole run', values: series.seconds }] : []
  return { times: series.started_at, lines: [...whole, ...lines], failed: failedRuns(series) }
}

/** What is worth a chart. Most connections never delete a row. */
export function chartMeasures({ streams }: Series): Measure[] {
  const hasDeleted = Object.values(streams).some(({ rows_deleted }) =>
    rows_deleted.some((count) => count !== null && count > 0),
  )
  return ['rows_loaded', ...(hasDeleted ? (['rows_deleted'] as const) : []), 'seconds']
}

export interface FailedRun {
  runId: string
  startedAt: string
}

/** The newest runs that failed, newest first. */
export function newestFailures(series: Series, count: number): FailedRun[] {
  return failedRuns(series)
    .toReversed()
    .slice(0, count)
    .map((at) => ({ runId: series.run_id[at] ?? '', startedAt: startOf(series, at) }))
}

function startOf({ started_at: times }: Series, at: number): string {
  return new Date((times[at] ?? 0) * 1000).toISOString()
}

export interface ChartRow {
  runId: string
  startedAt: string
  outcome: Api<'RunOutcome'>
  values: (number | null)[]
}

/** The same as rows, newest first. */
export function chartRows(series: Series, { lines }: ChartData): ChartRow[] {
  return series.run_id
    .map((runId, at) => ({
      runId,
      startedAt: startOf(series, at),
      outcome: series.outcome[at] ?? 'running',
      values: lines.map(({ values }) => values[at] ?? null),
    }))
    .toReversed()
}

/** A sentence for people who cannot see the chart. */
export function chartSentence(what: string, { times, failed }: ChartData): string {
  const runs = times.length === 1 ? '1 run' : `${times.length} runs`
  const failures = failed.length === 0 ? 'none failed' : `${failed.length} failed`
  return `${what} of ${runs}; ${failures}. The table below has the numbers.`
}
