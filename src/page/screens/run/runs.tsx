/** All runs, newest first, in pages. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { queryText } from '../../api/query.ts'
import { Empty, Loaded } from '../../components/notice.tsx'
import { ConnectionTabs, Page } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { hrefTo, type RunFilters } from '../../router/route.ts'
import { openScreen } from '../../router/use-route.ts'
import { useResponse } from '../../state/use-response.ts'
import { statusWords, TRIGGER_WORDS } from '../../view/words.ts'
import { RunTable } from './run-table.tsx'

const PAGE_ROWS = 50
const OUTCOMES: readonly Api<'RunOutcome'>[] = [
  'running',
  'succeeded',
  'failed',
  'stopped',
  'crashed',
]

function Filters({ filters }: { filters: RunFilters }) {
  const { body } = useResponse<Api<'ConnectionList'>>('/connections')
  const change = (changed: RunFilters) =>
    openScreen({ screen: 'runs', filters: withoutEmpty({ ...filters, ...changed }) })
  const names = body?.connections.map(({ name }) => name) ?? []
  const known =
    filters.connection === undefined || names.includes(filters.connection)
      ? names
      : [filters.connection, ...names]
  return (
    <div class="filters">
      <Select
        label="Connection"
        value={filters.connection ?? ''}
        options={[['', 'All'], ...known.map((name) => [name, name] as const)]}
        onChange={(connection) => change({ connection })}
      />
      <Select
        label="Outcome"
        value={filters.outcome ?? ''}
        options={[['', 'All'], ...OUTCOMES.map((one) => [one, statusWords(one).word] as const)]}
        onChange={(outcome) => change({ outcome })}
      />
      <Select
        label="Trigger"
        value={filters.trigger ?? ''}
        options={[['', 'All'], ...Object.entries(TRIGGER_WORDS)]}
        onChange={(trigger) => change({ trigger })}
      />
    </div>
  )
}

function withoutEmpty(filters: RunFilters): RunFilters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''))
}

function NoRuns({ filters }: { filters: RunFilters }) {
  const isFiltered = Object.keys(filters).length > 0
  return isFiltered ? (
    <Empty title="No run matches.">
      <a href={hrefTo({ screen: 'runs', filters: {} })}>Show all runs</a>
    </Empty>
  ) : (
    <Empty title="There is no run yet.">
      <p>
        Open a <a href={hrefTo({ screen: 'connections' })}>connection</a> and choose Sync now.
      </p>
    </Empty>
  )
}

/** Pages are cursors, so the page keeps those that it has seen. */
function Pages({ filters }: { filters: RunFilters }) {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const path = `/runs${queryText({ ...filters, cursor: cursors.at(-1), limit: PAGE_ROWS })}`
  const { body, failure, again } = useResponse<Api<'RunList'>>(path)
  useEffect(() => globalThis.scrollTo(0, 0), [path])
  return (
    <Loaded body={body} failure={failure} again={again} lines={12}>
      {({ runs, next }) => (
        <>
          {runs.length === 0 ? (
            <NoRuns filters={filters} />
          ) : (
            <RunTable
              caption="Runs, newest first"
              runs={runs}
              showsConnection={filters.connection === undefined}
            />
          )}
          {(cursors.length > 0 || next !== null) && (
            <nav class="actions pages" aria-label="Pages">
              <button
                type="button"
                disabled={cursors.length === 0}
                onClick={() => setCursors(cursors.slice(0, -1))}
              >
                Newer
              </button>
              <span class="quiet">Page {cursors.length + 1}</span>
              <button
                type="button"
                disabled={next === null}
                onClick={() => next !== null && setCursors([...cursors, next])}
              >
                Older
              </button>
            </nav>
          )}
        </>
      )}
    </Loaded>
  )
}

export function RunsScreen({ filters }: { filters: RunFilters }) {
  const { connection } = filters
  const parents =
    connection === undefined
      ? []
      : [
          { title: 'Connections', route: { screen: 'connections' } as const },
          { title: connection, route: { screen: 'connection', name: connection } as const },
        ]
  return (
    <Page title="Runs" parents={parents}>
      {connection !== undefined && <ConnectionTabs name={connection} screen="runs" />}
      <Filters filters={filters} />
      <Pages key={JSON.stringify(filters)} filters={filters} />
    </Page>
  )
}
