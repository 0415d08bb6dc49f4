/** Runs as a table. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { State } from '../../components/state.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { hrefTo } from '../../router/route.ts'
import { countText } from '../../view/numbers.ts'
import { durationText } from '../../view/times.ts'
import { statusWords, triggerWord } from '../../view/words.ts'

type Run = Api<'RunSummary'>

const STARTED: TableColumn<Run> = {
  title: 'Started',
  cell: ({ connection, run_id, started_at }) => (
    <a href={hrefTo({ screen: 'run', name: connection, runId: run_id })}>
      <Time at={started_at} isInLink />
    </a>
  ),
}

const CONNECTION: TableColumn<Run> = {
  title: 'Connection',
  cell: ({ connection }) => (
    <a href={hrefTo({ screen: 'connection', name: connection })}>{connection}</a>
  ),
}

function rejected(count: number) {
  return count === 0 ? '0' : <span class="bad-text">{countText(count)}</span>
}

const COLUMNS: readonly TableColumn<Run>[] = [
  { title: 'Outcome', cell: ({ outcome }) => <State {...statusWords(outcome)} /> },
  { title: 'Trigger', cell: ({ trigger }) => triggerWord(trigger) },
  { title: 'Read', isNumber: true, cell: ({ rows_read }) => countText(rows_read) },
  { title: 'Loaded', isNumber: true, cell: ({ rows_loaded }) => countText(rows_loaded) },
  { title: 'Deleted', isNumber: true, cell: ({ rows_deleted }) => countText(rows_deleted) },
  { title: 'Rejected', isNumber: true, cell: ({ rows_rejected }) => rejected(rows_rejected) },
  {
    title: 'Duration',
    isNumber: true,
    cell: ({ seconds }) =>
      seconds === null ? <span class="quiet">Running</span> : durationText(seconds),
  },
  {
    title: 'Error',
    cell: ({ error }) =>
      error ? (
        <span class="clip" title={error.message}>
          {error.message}
        </span>
      ) : (
        <span class="quiet">None</span>
      ),
  },
]

export interface RunTableProps {
  caption: string
  runs: readonly Run[]
  showsConnection: boolean
}

export function RunTable({ caption, runs, showsConnection }: RunTableProps) {
  return (
    <Table
      caption={caption}
      columns={[STARTED, ...(showsConnection ? [CONNECTION] : []), ...COLUMNS]}
      rows={runs}
      keyOf={({ connection, run_id }) => `${connection} ${run_id}`}
    />
  )
}
