/** One connection: how it is, its streams, its runs over time. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Empty, Loaded, Notice } from '../../components/notice.tsx'
import { ConnectionTabs, Page, Section } from '../../components/page.tsx'
import { Rows } from '../../components/rows.tsx'
import { State } from '../../components/state.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { NextRun, Time, TimeOr } from '../../components/time.tsx'
import { hrefTo } from '../../router/route.ts'
import { useResponse } from '../../state/use-response.ts'
import { noNextRunText, problemText } from '../../view/connections.ts'
import { titleOf } from '../../view/numbers.ts'
import { modeWord, statusWords } from '../../view/words.ts'
import { RunTable } from '../run/run-table.tsx'
import { ConnectionCharts } from './charts.tsx'
import { ConnectionCheck } from './check.tsx'
import { ConnectionActions } from './connection-actions.tsx'
import { ResyncDialog } from './dialogs.tsx'
import { LastError } from './last-error.tsx'
import { RunProgress } from '../run/progress.tsx'

type Connection = Api<'Connection'>
type Stream = Api<'ConnectionStream'>

const COLUMNS: readonly TableColumn<Stream>[] = [
  { title: 'Stream', cell: ({ stream }) => titleOf(stream) },
  { title: 'Mode', cell: ({ mode }) => modeWord(mode) },
  { title: 'Table', cell: ({ table }) => <code>{table}</code> },
  {
    title: 'Data as of',
    cell: ({ fresh_until }) => <TimeOr at={fresh_until} otherwise="Never fully synced" />,
  },
  {
    title: 'Newest change',
    cell: ({ bookmark }) => <TimeOr at={bookmark} otherwise="None loaded" />,
  },
]

function rowColumns({ rows_read_at: countedAt }: Connection): TableColumn<Stream>[] {
  const isCounted = countedAt !== null
  return [
    {
      title: 'Live rows',
      isNumber: true,
      cell: ({ live_rows }) => <Rows count={live_rows} isCounted={isCounted} />,
    },
    {
      title: 'Deleted rows',
      isNumber: true,
      cell: ({ deleted_rows }) => <Rows count={deleted_rows} isCounted={isCounted} />,
    },
  ]
}

function Streams({ connection }: { connection: Connection }) {
  const [resynced, setResynced] = useState<string>()
  const resync: TableColumn<Stream> = {
    title: 'Actions',
    isTitleHidden: true,
    cell: ({ stream, can_be_resynced: canBeResynced }) => (
      <button
        type="button"
        hidden={!canBeResynced}
        disabled={connection.current_run !== null}
        aria-label={`Resync: ${titleOf(stream)}`}
        onClick={() => setResynced(stream)}
      >
        Resync
      </button>
    ),
  }
  return (
    <Section title="Streams">
      <Table
        caption={`Streams of ${connection.name}`}
        columns={[...COLUMNS, ...rowColumns(connection), resync]}
        rows={connection.streams}
        keyOf={({ stream }) => stream}
      />
      <p class="quiet">
        {connection.rows_read_at === null ? (
          <>
            Rows are counted after a run, and under{' '}
            <a href={hrefTo({ screen: 'data', name: connection.name, stream: undefined })}>Data</a>.
          </>
        ) : (
          <>
            Rows were counted <Time at={connection.rows_read_at} />.
          </>
        )}
      </p>
      {resynced !== undefined && (
        <ResyncDialog
          connection={connection}
          stream={resynced}
          onClose={() => setResynced(undefined)}
        />
      )}
    </Section>
  )
}

function Facts({ connection }: { connection: Connection }) {
  const { schedule, destination, fresh_until } = connection
  const none = noNextRunText(connection)
  return (
    <dl class="facts">
      <div>
        <dt>Data as of</dt>
        <dd>
          <TimeOr at={fresh_until} otherwise="Never fully synced" />
        </dd>
      </div>
      <div>
        <dt>Schedule</dt>
        <dd>{titleOf(schedule.text || schedule.type)}</dd>
      </div>
      <div>
        <dt>Next run</dt>
        <dd>
          {none === undefined && schedule.next_run !== null ? (
            <NextRun at={schedule.next_run} zone={schedule.timezone} />
          ) : (
            none
          )}
        </dd>
      </div>
      <div>
        <dt>Destination</dt>
        <dd>
          {destination.use ?? destination.engine ?? 'None'}
          <span class="line quiet breaks">{destination.shown}</span>
        </dd>
      </div>
    </dl>
  )
}

function Warnings({ connection: { name, schedule, problem } }: { connection: Connection }) {
  return (
    <>
      {problem !== null && (
        <Notice tone="bad" title="The file of this connection cannot be used.">
          <p class="lines">{problemText(problem)}</p>
          <a class="button" href={hrefTo({ screen: 'edit', name, step: 'source' })}>
            Edit the connection
          </a>
        </Notice>
      )}
      {schedule.backing_off_until !== null && (
        <Notice
          tone="warning"
          title="The schedule backs off after an error that a person must fix."
        >
          <p>
            The next retry is <Time at={schedule.backing_off_until} />. A successful run resumes the
            schedule.
          </p>
        </Notice>
      )}
    </>
  )
}

function NewestRuns({ name }: { name: string }) {
  const path = `/runs?connection=${encodeURIComponent(name)}&limit=10`
  const { body, failure, again } = useResponse<Api<'RunList'>>(path)
  const all = <a href={hrefTo({ screen: 'runs', filters: { connection: name } })}>All runs</a>
  return (
    <Section title="Newest runs" actions={all}>
      <Loaded body={body} failure={failure} again={again}>
        {({ runs }) =>
          runs.length === 0 ? (
            <Empty title="This connection has not run yet.">
              <p>Choose Sync now to load the first rows.</p>
            </Empty>
          ) : (
            <RunTable caption={`Newest runs of ${name}`} runs={runs} showsConnection={false} />
          )
        }
      </Loaded>
    </Section>
  )
}

function Overview({ connection }: { connection: Connection }) {
  const { name, current_run: current, queued_run: queued, status } = connection
  // Nothing else is known of a file that cannot be used.
  if (status === 'invalid') return <Warnings connection={connection} />
  return (
    <>
      <Warnings connection={connection} />
      {current ? <RunProgress run={current} /> : <LastError connection={connection} />}
      {queued && <RunProgress run={queued} />}
      <Facts connection={connection} />
      {connection.streams.length > 0 && <Streams connection={connection} />}
      <ConnectionCharts name={name} />
      <NewestRuns name={name} />
      <ConnectionCheck name={name} />
    </>
  )
}

export function ConnectionScreen({ name }: { name: string }) {
  const { body, failure, again } = useResponse<Api<'ConnectionDetail'>>(connectionPath(name))
  const connection = body?.connection
  return (
    <Page
      title={name}
      parents={[{ title: 'Connections', route: { screen: 'connections' } }]}
      note={connection && <State {...statusWords(connection.status)} />}
      actions={connection && <ConnectionActions connection={connection} isMain />}
    >
      <ConnectionTabs name={name} screen="connection" />
      <Loaded body={body} failure={failure} again={again} lines={10}>
        {(detail) => <Overview connection={detail.connection} />}
      </Loaded>
    </Page>
  )
}
