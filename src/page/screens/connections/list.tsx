/** All connections, in one table from one request. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { Empty, Loaded } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { hrefTo } from '../../router/route.ts'
import { useResponse } from '../../state/use-response.ts'
import { openForm } from '../form/draft-storage.ts'
import {
  ALL_CONNECTIONS,
  countOf,
  matching,
  shownIn,
  type ListFilter,
  type ShownList,
} from '../../view/connections.ts'
import { amountOf } from '../../view/numbers.ts'
import { ErrorCell, FreshCell, NameCell, NextCell, RowsCell, StatusCell } from './cells.tsx'
import { ConnectionActions } from './connection-actions.tsx'
import { Drafts } from './drafts.tsx'

type Connection = Api<'Connection'>

const COLUMNS: readonly TableColumn<Connection>[] = [
  { title: 'Connection', cell: (connection) => <NameCell connection={connection} /> },
  { title: 'Status', cell: (connection) => <StatusCell connection={connection} /> },
  { title: 'Data as of', cell: (connection) => <FreshCell connection={connection} /> },
  { title: 'Rows', isNumber: true, cell: (connection) => <RowsCell connection={connection} /> },
  { title: 'Next run', cell: (connection) => <NextCell connection={connection} /> },
  { title: 'Last error', cell: (connection) => <ErrorCell connection={connection} /> },
  {
    title: 'Actions',
    isTitleHidden: true,
    cell: (connection) => <ConnectionActions connection={connection} />,
  },
]

const FILTERS: readonly [ListFilter, string][] = [
  ['all', 'All'],
  ['problems', 'With problems'],
  ['running', 'Running'],
  ['paused', 'Paused'],
]

function Filters(props: {
  connections: readonly Connection[]
  filter: ListFilter
  text: string
  onFilter: (filter: ListFilter) => void
  onText: (text: string) => void
}) {
  const { connections, filter, text, onFilter, onText } = props
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">Find a connection</span>
        <input
          type="search"
          placeholder="Find a connection"
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      </label>
      <div class="choices" role="group" aria-label="Show">
        {FILTERS.map(([id, title]) => (
          <button key={id} type="button" aria-pressed={filter === id} onClick={() => onFilter(id)}>
            {title} <span class="count">{countOf(connections, id)}</span>
          </button>
        ))}
      </div>
    </form>
  )
}

/** What is shown of the list. The history of the browser keeps it, for Back. */
function useShown(): [ShownList, (shown: ShownList) => void] {
  const [shown, setShown] = useState(() => shownIn(globalThis.history.state) ?? ALL_CONNECTIONS)
  const change = (changed: ShownList) => {
    setShown(changed)
    globalThis.history.replaceState({ connections: changed }, '')
  }
  return [shown, change]
}

function List({ connections }: { connections: readonly Connection[] }) {
  const [{ filter, text }, setShown] = useShown()
  const shown = matching(connections, filter, text)
  return (
    <>
      <Filters
        connections={connections}
        filter={filter}
        text={text}
        onFilter={(changed) => setShown({ filter: changed, text })}
        onText={(changed) => setShown({ filter, text: changed })}
      />
      {shown.length === 0 ? (
        <Empty title="No connection matches.">
          <button type="button" onClick={() => setShown(ALL_CONNECTIONS)}>
            Show all connections
          </button>
        </Empty>
      ) : (
        <Table
          caption={`Connections: ${amountOf(shown.length, 'row')}`}
          columns={COLUMNS}
          rows={shown}
          keyOf={({ name }) => name}
        />
      )}
    </>
  )
}

function NoConnections() {
  return (
    <Empty title="There is no connection yet.">
      <p>A connection reads one Customer.io workspace and loads it into a warehouse.</p>
      <p>You need an App API key. The rest has defaults: a DuckDB file needs no set-up.</p>
      <a
        class="button primary"
        href={hrefTo({ screen: 'new', step: 'name' })}
        onClick={() => openForm(null)}
      >
        Create the first connection
      </a>
    </Empty>
  )
}

export function ConnectionsScreen() {
  const { body, failure, again } = useResponse<Api<'ConnectionList'>>('/connections')
  const link = (
    <a
      class="button primary"
      href={hrefTo({ screen: 'new', step: 'name' })}
      onClick={() => openForm(null)}
    >
      New connection
    </a>
  )
  return (
    <Page title="Connections" actions={body?.connections.length === 0 ? undefined : link}>
      <Drafts />
      <Loaded body={body} failure={failure} again={again} lines={12}>
        {({ connections }) =>
          connections.length === 0 ? <NoConnections /> : <List connections={connections} />
        }
      </Loaded>
    </Page>
  )
}
