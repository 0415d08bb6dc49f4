/** A run in progress. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { State } from '../../components/state.tsx'
import { hrefTo } from '../../router/route.ts'
import { useSeconds } from '../../state/clock.ts'
import { amountOf, countText, titleOf } from '../../view/numbers.ts'
import { durationText } from '../../view/times.ts'
import { queuedText, runStateText, statusWords } from '../../view/words.ts'

type Run = Api<'CurrentRun'>
type Progress = Api<'Progress'>

/** Seconds since the start, by the clock of the console. */
export function Elapsed({ startedAt }: { startedAt: string }) {
  const now = useSeconds(true)
  return <>{durationText(Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1000)))}</>
}

function Counts({ progress }: { progress: Progress }) {
  return (
    <dl class="facts">
      {progress.streams.map(({ stream, rows_read, rows_loaded }) => (
        <div key={stream}>
          <dt>{titleOf(stream)}</dt>
          <dd>
            {countText(rows_read)} read, {countText(rows_loaded)} loaded
          </dd>
        </div>
      ))}
      <div>
        <dt>Requests</dt>
        <dd>
          {countText(progress.requests)}
          {progress.retries > 0 && `, ${amountOf(progress.retries, 'retry', 'retries')}`}
        </dd>
      </div>
    </dl>
  )
}

export function RunProgress({ run }: { run: Run }) {
  const { connection: name, run_id: runId, state, started_at: startedAt, progress } = run
  return (
    <div class="notice active">
      <p>
        <State {...statusWords(state === 'queued' ? 'queued' : 'running')} />{' '}
        {state !== 'running' && `${state === 'queued' ? queuedText(run) : runStateText(state)}. `}
        {startedAt !== null && (
          <span class="quiet">
            for <Elapsed startedAt={startedAt} />
          </span>
        )}{' '}
        {runId !== null && <a href={hrefTo({ screen: 'run', name, runId })}>Watch the run</a>}
      </p>
      {progress && <Counts progress={progress} />}
    </div>
  )
}
