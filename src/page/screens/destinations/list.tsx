/** Destinations of the workspace, which several connections can use. */

import { useId, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { destinationPath } from '../../api/query.ts'
import { Confirm } from '../../components/dialog.tsx'
import { Empty, Loaded } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { hrefTo } from '../../router/route.ts'
import { cache, client, say } from '../../state/console.ts'
import { edits } from '../../state/edits.ts'
import { useStore } from '../../state/store.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { amountOf } from '../../view/numbers.ts'

type Destination = Api<'Destination'>

/** Where a screen reader finds the connections that use a destination. */
function usersId(name: string): string {
  return `users-${encodeURIComponent(name)}`
}

function UsedBy({ name, used_by: users }: Destination) {
  if (users.length === 0) return <span class="quiet">Not used yet</span>
  return (
    <span id={usersId(name)}>
      {users.map((user, at) => (
        <span key={user}>
          {at > 0 && ', '}
          <a href={hrefTo({ screen: 'connection', name: user })}>{user}</a>
        </span>
      ))}
    </span>
  )
}

/** It can have the focus, so that a screen reader says why nothing is deleted. */
function NoDelete({ name, used_by: usedBy }: Destination) {
  const id = useId()
  return (
    <>
      <button
        type="button"
        aria-disabled="true"
        aria-label={`Delete: ${name}`}
        aria-describedby={`${id} ${usersId(name)}`}
      >
        Delete
      </button>
      <span class="line quiet" id={id}>
        In use by {usedBy.length === 1 ? usedBy[0] : amountOf(usedBy.length, 'connection')}
      </span>
    </>
  )
}

function DeleteButton({ name }: Destination) {
  const [isAsking, setAsking] = useState(false)
  const { run, isRunning, failure } = useAction(async () => {
    const path = destinationPath(name)
    const { etag } = await client.request(path)
    await client.request(path, { method: 'DELETE', etag })
    cache.refresh(['/destinations', '/workspace'])
    say(`The destination ${name} is deleted. Its tables remain.`)
    setAsking(false)
  })
  return (
    <>
      <button type="button" aria-label={`Delete: ${name}`} onClick={() => setAsking(true)}>
        Delete
      </button>
      {isAsking && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete the destination"
          isDangerous
          isRunning={isRunning}
          failure={failure}
          onConfirm={() => void run()}
          onClose={() => setAsking(false)}
        >
          <p>The settings are deleted. The warehouse and its tables are not touched.</p>
        </Confirm>
      )}
    </>
  )
}

function NameCell({ name }: { name: string }) {
  const isEdited = useStore(edits).has(destinationPath(name))
  return (
    <>
      <a class="strong" href={hrefTo({ screen: 'destination', name })}>
        {name}
      </a>
      {isEdited && <span class="line quiet">Unsaved changes</span>}
    </>
  )
}

const COLUMNS: readonly TableColumn<Destination>[] = [
  {
    title: 'Destination',
    cell: ({ name }) => <NameCell name={name} />,
  },
  { title: 'Engine', cell: ({ engine }) => engine ?? <span class="quiet">Not known</span> },
  {
    title: 'Warehouse',
    cell: ({ shown }) => <code class="breaks">{shown ?? 'cannot be shown'}</code>,
  },
  { title: 'Used by', cell: (destination) => <UsedBy {...destination} /> },
  {
    title: 'Actions',
    isTitleHidden: true,
    cell: (destination) =>
      destination.used_by.length > 0 ? (
        <NoDelete {...destination} />
      ) : (
        <DeleteButton {...destination} />
      ),
  },
]

export function DestinationsScreen() {
  const { body, failure, again } = useResponse<Api<'DestinationList'>>('/destinations')
  const link = (
    <a class="button primary" href={hrefTo({ screen: 'destination', name: undefined })}>
      New destination
    </a>
  )
  return (
    <Page title="Destinations" actions={link}>
      <Loaded body={body} failure={failure} again={again}>
        {({ destinations }) =>
          destinations.length === 0 ? (
            <Empty title="No destination is shared yet.">
              <p>
                A connection can have a destination of its own. Share one when several connections
                load into it.
              </p>
            </Empty>
          ) : (
            <Table
              caption="Destinations"
              columns={COLUMNS}
              rows={destinations}
              keyOf={({ name }) => name}
            />
          )
        }
      </Loaded>
    </Page>
  )
}
