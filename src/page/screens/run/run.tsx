/** One run: its outcome, its streams, its log. Live while it is running. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Loaded, Notice } from '../../components/notice.tsx'
import { Page, Section } from '../../components/page.tsx'
import { State } from '../../components/state.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { ExactTime, Time } from '../../components/time.tsx'
import { useResponse } from '../../state/use-response.ts'
import { countText, titleOf } from '../../view/numbers.ts'
import { durationText, isInstant } from '../../view/times.ts'
import { modeWord, statusWords, triggerWord } from '../../view/words.ts'
import { LastError } from '../connections/last-error.tsx'
import { RunButton } from '../connections/connection-actions.tsx'
import { RunLogSection } from './log.tsx'
import { Elapsed } from './progress.tsx'
import { useRunEvents } from './use-run-events.ts'

type Run = Api<'Run'>
type Stream = Api<'RunStream'>

function bookmark(value: string | null) {
  if (value === null) return <span class="quiet">None</span>
  return isInstant(value) ? <ExactTime at={value} /> : <code>{value}</code>
}

const COLUMNS: readonly TableColumn<Stream>[] = [
  { title: 'Stream', cell: ({ stream }) => titleOf(stream) },
  { title: 'Mode', cell: ({ mode }) => modeWord(mode) },
  { title: 'Read', isNumber: true, cell: ({ rows_read }) => countText(rows_read) },
  { title: 'Loaded', isNumber: true, cell: ({ rows_loaded }) => countText(rows_loaded) },
  { title: 'Deleted', isNumber: true, cell: ({ rows_deleted }) => countText(rows_deleted) },
  { title: 'Rejected', isNumber: true, cell: ({ rows_rejected }) => countText(rows_rejected) },
  { title: 'Bookmark before', cell: ({ bookmark_before }) => bookmark(bookmark_before) },
  { title: 'Bookmark after', cell: ({ bookmark_after }) => bookmark(bookmark_after) },
  { title: 'Duration', isNumber: true, cell: ({ seconds }) => durationText(seconds) },
]

function Facts({ shown: { run, requests, retries, rate_limited, is_whole } }: { shown: Run }) {
  const facts: [string, preact.ComponentChildren][] = [
    ['Started', <Time at={run.started_at} />],
    [
      'Duration',
      run.outcome === 'running' ? (
        <Elapsed startedAt={run.started_at} />
      ) : (
        durationText(run.seconds ?? 0)
      ),
    ],
    ['Trigger', triggerWord(run.trigger)],
    ['Rows read', countText(run.rows_read)],
    ['Rows loaded', countText(run.rows_loaded)],
    ['Rows deleted', countText(run.rows_deleted)],
    ['Rows rejected', countText(run.rows_rejected)],
    ['Requests', countText(requests)],
    ['Retries', countText(retries)],
    ['Throttled', countText(rate_limited)],
    ...(is_whole === false ? [['Streams', 'Only some'] as [string, string]] : []),
  ]
  return (
    <dl class="facts">
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function RunError({ name, run }: { name: string; run: Api<'RunSummary'> }) {
  const { body, failure } = useResponse<Api<'ConnectionDetail'>>(connectionPath(name))
  const connection = body?.connection
  if (!run.error) return null
  if (connection?.last_run?.run_id === run.run_id && !connection.current_run) {
    return <LastError connection={connection} />
  }
  return (
    <Notice tone="bad" title={run.error.message}>
      <p aria-busy={!body && !failure}>{run.error.remedy}</p>
    </Notice>
  )
}

function CancelButton({ name, runId }: { name: string; runId: string }) {
  const { body } = useResponse<Api<'ConnectionDetail'>>(connectionPath(name))
  const connection = body?.connection
  return connection?.current_run?.run_id === runId ? <RunButton connection={connection} /> : null
}

export function RunScreen({ name, runId }: { name: string; runId: string }) {
  const path = connectionPath(name, 'runs', runId)
  const { body, failure, again } = useResponse<Run>(path)
  const isRunning = body?.run.outcome === 'running'
  const events = useRunEvents(runId, isRunning)
  return (
    <Page
      title={`Run of ${name}`}
      parents={[
        { title: 'Connections', route: { screen: 'connections' } },
        { title: name, route: { screen: 'connection', name } },
        { title: 'Runs', route: { screen: 'runs', filters: { connection: name } } },
      ]}
      note={body && <State {...statusWords(body.run.outcome)} />}
      actions={isRunning ? <CancelButton name={name} runId={runId} /> : undefined}
    >
      <Loaded body={body} failure={failure} again={again} lines={10}>
        {(shown) => (
          <>
            <RunError name={name} run={shown.run} />
            <Facts shown={shown} />
            <Section title="Streams">
              <Table
                caption="Streams of the run"
                columns={COLUMNS}
                rows={shown.streams}
                keyOf={({ stream }) => stream}
              />
            </Section>
            <RunLogSection
              path={path}
              hasLog={shown.has_log}
              isRunning={isRunning}
              events={events}
            />
            <p class="quiet">
              Run <code>{shown.run.run_id}</code>
              {shown.exit_status !== null && `, exit status ${shown.exit_status}`}
            </p>
          </>
        )}
      </Loaded>
    </Page>
  )
}
