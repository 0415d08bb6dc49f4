/** Cells of the list of connections. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { Rows } from '../../components/rows.tsx'
import { State } from '../../components/state.tsx'
import { NextRun, Time, TimeOr } from '../../components/time.tsx'
import { hrefTo } from '../../router/route.ts'
import { noNextRunText, oldestFresh, problemText, rowTotals } from '../../view/connections.ts'
import { countText, titleOf } from '../../view/numbers.ts'
import { queuedText, runStateText, statusWords } from '../../view/words.ts'

type Connection = Api<'Connection'>

export function NameCell({ connection: { name, destination } }: { connection: Connection }) {
  return (
    <>
      <a class="strong" href={hrefTo({ screen: 'connection', name })}>
        {name}
      </a>
      <span class="line quiet">{destination.use ?? destination.engine ?? 'No destination'}</span>
    </>
  )
}

function RunningText({ run }: { run: Api<'CurrentRun'> }) {
  const read = run.progress?.streams.reduce((sum, { rows_read }) => sum + rows_read, 0)
  if (run.state !== 'running') return <span class="line quiet">{runStateText(run.state)}</span>
  return (
    <span class="line quiet">
      {read === undefined ? 'Starting' : `${countText(read)} rows read`}
    </span>
  )
}

export function StatusCell({ connection }: { connection: Connection }) {
  const { name, status, current_run: run, queued_run: queued, last_run: last } = connection
  const link = last && hrefTo({ screen: 'run', name, runId: last.run_id })
  return (
    <>
      <State {...statusWords(status)} />
      {run && <RunningText run={run} />}
      {queued && <span class="line quiet">{queuedText(queued)}</span>}
      {!run && last && link !== null && (
        <a class="line quiet" href={link}>
          <Time at={last.ended_at ?? last.started_at} isInLink />
        </a>
      )}
    </>
  )
}

function FreshStreams({ streams }: Pick<Connection, 'streams'>) {
  return (
    <dl class="pairs small">
      {streams.map(({ stream, fresh_until }) => (
        <div key={stream}>
          <dt>{titleOf(stream)}</dt>
          <dd>
            <TimeOr at={fresh_until} otherwise="never" />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The oldest stream first, then each stream: drawn when it is opened, because a list is long. */
export function FreshCell({ connection }: { connection: Connection }) {
  const [isOpen, setOpen] = useState(false)
  const { streams } = connection
  if (streams.length === 0) return <span class="quiet">Not known</span>
  return (
    <details class="inline" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <TimeOr at={oldestFresh(connection)} otherwise="Never fully synced" isInLink />
      </summary>
      {isOpen && <FreshStreams streams={streams} />}
    </details>
  )
}

export function RowsCell({ connection }: { connection: Connection }) {
  const { live, deleted } = rowTotals(connection)
  const { rows_read_at: countedAt } = connection
  if (live === null) return <NotCounted connection={connection} />
  return (
    <>
      {countText(live)}
      {deleted !== null && deleted > 0 && (
        <span class="line quiet">{countText(deleted)} deleted</span>
      )}
      {countedAt !== null && (
        <span class="line quiet">
          counted <Time at={countedAt} />
        </span>
      )}
    </>
  )
}

/** The screen with the tables counts them. */
function NotCounted({ connection }: { connection: Connection }) {
  const { name, status, last_run: last, rows_read_at: countedAt } = connection
  if (status === 'invalid') return <span class="quiet">Not known</span>
  return (
    <>
      <Rows count={null} isCounted={countedAt !== null} />
      {countedAt === null && last && (
        <a
          class="line"
          href={hrefTo({ screen: 'data', name, stream: undefined })}
          aria-label={`Count now: ${name}`}
        >
          Count now
        </a>
      )}
    </>
  )
}

export function NextCell({ connection }: { connection: Connection }) {
  const { schedule } = connection
  const text = noNextRunText(connection)
  if (text !== undefined || schedule.next_run === null) {
    const isStopped = schedule.is_run_by_a_process === false
    return <span class={isStopped ? 'warning-text' : 'quiet'}>{text}</span>
  }
  return <NextRun at={schedule.next_run} zone={schedule.timezone} />
}

function Clipped({ text }: { text: string }) {
  return (
    <span class="clip" title={text}>
      {text}
    </span>
  )
}

export function ErrorCell({ connection }: { connection: Connection }) {
  const { name, problem } = connection
  if (problem !== null) {
    return (
      <>
        <Clipped text={problemText(problem)} />
        <a class="line" href={hrefTo({ screen: 'edit', name, step: 'source' })}>
          Edit the connection
        </a>
      </>
    )
  }
  const error = connection.last_run?.error
  if (!error) return <span class="quiet">None</span>
  return (
    <>
      <Clipped text={error.message} />
      <span class="line quiet">{error.remedy}</span>
    </>
  )
}
