/** Rows and seconds of the runs of a connection over time. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Chart } from '../../components/chart.tsx'
import { Loaded } from '../../components/notice.tsx'
import { Section } from '../../components/page.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { State } from '../../components/state.tsx'
import { hrefTo } from '../../router/route.ts'
import { useResponse } from '../../state/use-response.ts'
import {
  chartData,
  chartRows,
  chartSentence,
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

function MeasureChart({
  name,
  series,
  measure,
}: {
  name: string
  series: Api<'RunSeries'>
  measure: Measure
}) {
  const { title, format } = MEASURES[measure]
  const data = chartData(series, measure)
  return (
    <figure class="chart">
      <figcaption class="strong">{title}</figcaption>
      <Chart data={data} label={chartSentence(title, data)} format={format} />
      <details>
        <summary>{title} as a table</summary>
        <Table
          caption={`${title} of each run`}
          columns={columnsOf(name, data, format)}
          rows={chartRows(series, data)}
          keyOf={({ runId }) => runId}
        />
      </details>
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
          <div class="charts">
            <MeasureChart name={name} series={series} measure="rows_loaded" />
            <MeasureChart name={name} series={series} measure="seconds" />
          </div>
        )}
      </Loaded>
    </Section>
  )
}
