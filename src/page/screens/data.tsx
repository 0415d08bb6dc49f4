/** The tables of a connection in the warehouse. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { connectionPath } from '../api/query.ts'
import { Empty, Loaded } from '../components/notice.tsx'
import { ConnectionTabs, Page, Section } from '../components/page.tsx'
import { Rows } from '../components/rows.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { Time, TimeOr } from '../components/time.tsx'
import { hrefTo } from '../router/route.ts'
import { useResponse } from '../state/use-response.ts'
import { countText, titleOf } from '../view/numbers.ts'

type TableFacts = Api<'Table'>

function count(exists: boolean, value: number | null) {
  if (exists && value === null) return <span class="quiet">Not known</span>
  return <Rows count={exists ? value : null} isCounted />
}

function columnsFor(name: string): TableColumn<TableFacts>[] {
  return [
    {
      title: 'Table',
      cell: ({ stream, table }) => (
        <a href={hrefTo({ screen: 'data', name, stream })}>
          <code>{table}</code>
        </a>
      ),
    },
    { title: 'Stream', cell: ({ stream }) => titleOf(stream) },
    {
      title: 'Live rows',
      isNumber: true,
      cell: ({ exists, live_rows }) => count(exists, live_rows),
    },
    {
      title: 'Deleted rows',
      isNumber: true,
      cell: ({ exists, deleted_rows }) => count(exists, deleted_rows),
    },
    {
      title: 'Newest update',
      cell: ({ newest_update }) => <TimeOr at={newest_update} otherwise="None" />,
    },
    { title: 'Columns', isNumber: true, cell: ({ columns }) => countText(columns.length) },
  ]
}

const COLUMN_COLUMNS: readonly TableColumn<Api<'Column'>>[] = [
  { title: 'Column', cell: ({ name }) => <code>{name}</code> },
  {
    title: 'Type',
    cell: ({ type }) =>
      type === null ? <span class="quiet">Not known</span> : <code>{type}</code>,
  },
  {
    title: 'Description',
    cell: ({ description }) => description ?? <span class="quiet">None</span>,
  },
]

/** Rows have no type of their own, so each keeps its position. */
interface PreviewRow {
  at: number
  values: readonly (string | null)[]
}

function previewColumns({ columns }: Api<'TablePreview'>): TableColumn<PreviewRow>[] {
  return columns.map((title, at) => ({
    title,
    cell: ({ values }) => {
      const value = values[at] ?? null
      return value === null ? (
        <span class="quiet">null</span>
      ) : (
        <span class="clip" title={value}>
          {value}
        </span>
      )
    },
  }))
}

function NoRows({ name }: { name: string }) {
  return (
    <Empty title="The table has no rows.">
      <p>A run loads them.</p>
      <a href={hrefTo({ screen: 'connection', name })}>Open {name} to sync it</a>
    </Empty>
  )
}

function Preview({ name, stream }: { name: string; stream: string }) {
  const path = `${connectionPath(name, 'tables', stream, 'preview')}?rows=20`
  const { body, failure, again } = useResponse<Api<'TablePreview'>>(path)
  return (
    <Section title="Newest rows">
      <Loaded body={body} failure={failure} again={again}>
        {(preview) =>
          preview.rows.length === 0 ? (
            <NoRows name={name} />
          ) : (
            <div
              class="wide"
              tabIndex={0}
              role="region"
              aria-label={`Newest rows of ${preview.table}`}
            >
              <Table
                caption={`Newest rows of ${preview.table}`}
                columns={previewColumns(preview)}
                rows={preview.rows.map((values, at) => ({ at, values }))}
                keyOf={({ at }) => String(at)}
                hasRowNames={false}
                isWide
              />
            </div>
          )
        }
      </Loaded>
    </Section>
  )
}

function OneTable({ name, table }: { name: string; table: TableFacts }) {
  return (
    <>
      {table.exists && <Preview name={name} stream={table.stream} />}
      <Section title="Columns">
        <Table
          caption={`Columns of ${table.table}`}
          columns={COLUMN_COLUMNS}
          rows={table.columns}
          keyOf={(column) => column.name}
        />
      </Section>
    </>
  )
}

function Tables({ name, list }: { name: string; list: Api<'TableList'> }) {
  return (
    <>
      {list.tables.every(({ exists }) => !exists) && (
        <Empty title="There is no table yet.">
          <p>
            The first run creates them. Choose Sync now on the{' '}
            <a href={hrefTo({ screen: 'connection', name })}>overview</a>.
          </p>
        </Empty>
      )}
      <Table
        caption={`Tables of ${name}`}
        columns={columnsFor(name)}
        rows={list.tables}
        keyOf={({ stream }) => stream}
      />
      <p class="quiet">
        The warehouse was read <Time at={list.read_at} />.
      </p>
    </>
  )
}

export function DataScreen({ name, stream }: { name: string; stream: string | undefined }) {
  const { body, failure, again } = useResponse<Api<'TableList'>>(connectionPath(name, 'tables'))
  const table = body?.tables.find((one) => one.stream === stream)
  const parents = [
    { title: 'Connections', route: { screen: 'connections' } as const },
    { title: name, route: { screen: 'connection', name } as const },
    ...(stream === undefined
      ? []
      : [{ title: 'Data', route: { screen: 'data', name, stream: undefined } as const }]),
  ]
  return (
    <Page
      title={stream === undefined ? 'Data' : (table?.table ?? titleOf(stream))}
      parents={parents}
    >
      <ConnectionTabs name={name} screen="data" />
      <Loaded body={body} failure={failure} again={again}>
        {(list) => {
          if (stream === undefined) return <Tables name={name} list={list} />
          return table ? (
            <OneTable name={name} table={table} />
          ) : (
            <Empty title="The connection does not read this stream.">
              <a href={hrefTo({ screen: 'edit', name, step: 'resources' })}>Choose its streams</a>
            </Empty>
          )
        }}
      </Loaded>
    </Page>
  )
}
