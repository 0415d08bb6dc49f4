/** The error of the last run, with the way to fix it. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { Notice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { hrefTo } from '../../router/route.ts'
import { ResyncDialog, TakeOverDialog } from './dialogs.tsx'
import { RunButton } from './connection-actions.tsx'

type Connection = Api<'Connection'>
type Action = Api<'RunFailure'>['action']

const EDITS: Partial<
  Record<Action, { step: 'source' | 'destination' | 'resources'; title: string }>
> = {
  edit_source: { step: 'source', title: 'Edit the source' },
  edit_destination: { step: 'destination', title: 'Edit the destination' },
  edit_resources: { step: 'resources', title: 'Edit the streams' },
}

function Fix({ connection, error }: { connection: Connection; error: Api<'RunFailure'> }) {
  const [isAsking, setAsking] = useState(false)
  const edit = EDITS[error.action]
  const close = () => setAsking(false)
  return (
    <div class="actions">
      {edit && (
        <a class="button" href={hrefTo({ screen: 'edit', name: connection.name, step: edit.step })}>
          {edit.title}
        </a>
      )}
      {error.action === 'run_again' && <RunButton connection={connection} />}
      {error.code === 'TABLES_TAKEN' && (
        <button type="button" onClick={() => setAsking(true)}>
          Take over the tables
        </button>
      )}
      {error.code === 'DELETIONS_REFUSED' && (
        <button type="button" onClick={() => setAsking(true)}>
          Resync with all deletes allowed
        </button>
      )}
      {isAsking && error.code === 'TABLES_TAKEN' && (
        <TakeOverDialog connection={connection} onClose={close} />
      )}
      {isAsking && error.code === 'DELETIONS_REFUSED' && (
        <ResyncDialog connection={connection} stream={undefined} allowsDeletes onClose={close} />
      )}
    </div>
  )
}

export function LastError({ connection }: { connection: Connection }) {
  const { name, last_run: last } = connection
  const error = last?.error
  if (!last || !error) return null
  return (
    <Notice tone="bad" title={error.message}>
      <p>{error.remedy}</p>
      <Fix connection={connection} error={error} />
      <p class="quiet">
        <a href={hrefTo({ screen: 'run', name, runId: last.run_id })}>
          The run ended <Time at={last.ended_at ?? last.started_at} isInLink />
        </a>
        {error.code !== null && (
          <>
            {' '}
            with <code>{error.code}</code>
          </>
        )}
        .
      </p>
    </Notice>
  )
}
