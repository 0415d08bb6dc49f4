/** Rows and seconds of the runs of a connection over time. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Chart, FailureMark } from '../../components/chart.tsx'
import { Loaded } from '../../components/notice.tsx'
import { Section } from '../../components/page.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { State } from '../../components/state.tsx'
import { hrefTo } from '../../router/route.ts'
import { openScreen } from '../../router/use-route.ts'
import { useResponse } from '../../state/use-response.ts'
import {
  chartData,
  chartMeasures,
  chartRows,
  chartSentence,
  newestFailures,
  type ChartData,
  type ChartRow,
  type Measure,
} from '../../view/chart-data.ts'
import { countText, titleOf } from '../../view/numbers.ts'
import { durationText } from '../../view/times.ts'
import { statusWords } from '../../view/words.ts'

interface MeasureText {
  title: string
  format: (value: number) => string
}

const MEASURES: Readonly<Record<Measure, MeasureText>> = {
  rows_loaded: { title: 'Rows loaded', format: countText },
  rows_deleted: { title: 'Rows deleted', format: countText },
  seconds: { title: 'Seconds', format: durationText },
}

function columnsOf(
  name: string,
  { lines }: ChartData,
  format: (value: number) => string,
): TableColumn<ChartRow>[] {
  const values = lines.map(({ label }, at): TableColumn<ChartRow> => ({
    title: titleOf(label),
    isNumber: true,
    cell: ({ values: found }) => {
      const value = found[at] ?? null
      return value === null ? <span class="quiet">Not read</span> : format(value)
    },
  }))
  return [
    {
      title: 'Started',
      cell: ({ runId, startedAt }) => (
        <a href={hrefTo({ screen: 'run', name, runId })}>
          <Time at={startedAt} isInLink />
        </a>
      ),
    },
    { title: 'Outcome', cell: ({ outcome }) => <State {...statusWords(outcome)} /> },
    ...values,
  ]
}

/** More are in the table. */
const SHOWN_FAILURES = 3

/** Leads to the runs that a chart marks, also without a mouse. */
function Failures({ name, series }: { name: string; series: Api<'RunSeries'> }) {
  const failures = newestFailures(series, SHOWN_FAILURES)
  if (failures.length === 0) return null
  return (
    <p class="quiet">
      <FailureMark /> marks a run that failed, such as{' '}
      {failures.map(({ runId, startedAt }, at) => (
        <span key={runId}>
          {at > 0 && ', '}
          <a href={hrefTo({ screen: 'run', name, runId })}>
            <Time at={startedAt} isInLink />
          </a>
        </span>
      ))}
      .
    </p>
  )
}

interface MeasureChartProps {
  name: string
  series: Api<'RunSeries'>
  measure: Measure
}

/** Hundreds of rows, so they are drawn only for those who look at them. */
function ChartTable({ name, series, measure }: MeasureChartProps) {
  const { title, format } = MEASURES[measure]
  const [isOpen, setOpen] = useState(false)
  const data = chartData(series, measure)
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{title} as a table</summary>
      {isOpen && (
        <Table
          caption={`${title} of each run`}
          columns={columnsOf(name, data, format)}
          rows={chartRows(series, data)}
          keyOf={({ runId }) => runId}
        />
      )}
    </details>
  )
}

function MeasureChart({ name, series, measure }: MeasureChartProps) {
  const { title, format } = MEASURES[measure]
  const data = chartData(series, measure)
  const openRun = (at: number) => {
    const runId = series.run_id[at]
    if (runId !== undefined) openScreen({ screen: 'run', name, runId })
  }
  return (
    <figure class="chart">
      <figcaption class="strong">{title}</figcaption>
      <Chart data={data} label={chartSentence(title, data)} format={format} onChoose={openRun} />
      <ChartTable name={name} series={series} measure={measure} />
    </figure>
  )
}

export function ConnectionCharts({ name }: { name: string }) {
  const path = connectionPath(name, 'series')
  const { body, failure, again } = useResponse<Api<'RunSeries'>>(path)
  // One run is no course of time.
  if (body && body.run_id.length < 2) return null
  return (
    <Section title="Over time">
      <Loaded body={body} failure={failure} again={again} lines={8}>
        {(series) => (
          <>
            <div class="charts">
              {chartMeasures(series).map((measure) => (
                <MeasureChart key={measure} name={name} series={series} measure={measure} />
              ))}
            </div>
            <Failures name={name} series={series} />
          </>
        )}
      </Loaded>
    </Section>
  )
}
