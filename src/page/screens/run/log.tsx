/** The log of a run, with search, levels and download. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { API_PREFIX, toFailure, type ApiFailure } from '../../api/client.ts'
import { queryText } from '../../api/query.ts'
import { Empty, Failure, Skeleton } from '../../components/notice.tsx'
import { Section } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { client } from '../../state/console.ts'
import { VIEWER_ZONE } from '../../state/clock.ts'
import { isShown, LOG_LEVELS, withLines, type LogFilter } from '../../view/logs.ts'
import { titleOf } from '../../view/numbers.ts'
import { clockText, exactText } from '../../view/times.ts'

type Line = Api<'LogLine'>

const PAGE_LINES = 500
const TYPING_MS = 300

interface Read {
  lines: readonly Line[]
  next: number | null
}

/** Reads the lines that match, from the first page on, and again when the run has ended. */
function useLog(path: string, { level, search }: LogFilter, isRunning: boolean) {
  const [read, setRead] = useState<Read>()
  const [failure, setFailure] = useState<ApiFailure>()
  const more = async (after: number, known: readonly Line[]) => {
    try {
      const query = queryText({ level, search: search.trim(), after, limit: PAGE_LINES })
      const { body } = await client.request<Api<'RunLog'>>(`${path}/log${query}`)
      setRead({ lines: withLines(known, body.lines), next: body.next })
      setFailure(undefined)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }
  useEffect(() => {
    const timer = setTimeout(() => void more(0, []), search === '' ? 0 : TYPING_MS)
    return () => clearTimeout(timer)
  }, [path, level, search, isRunning])
  return { read, failure, more }
}

function LogTools(props: {
  path: string
  filter: LogFilter
  onFilter: (filter: LogFilter) => void
}) {
  const { path, filter, onFilter } = props
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Select
        label="Level"
        value={filter.level}
        options={[
          ['', 'All'],
          ...LOG_LEVELS.map((level) => [level, `${titleOf(level)} and above`] as const),
        ]}
        onChange={(level) => onFilter({ ...filter, level })}
      />
      <label class="inline-field">
        <span>Search</span>
        <input
          type="search"
          value={filter.search}
          maxLength={200}
          onInput={(event) => onFilter({ ...filter, search: event.currentTarget.value })}
        />
      </label>
      <a class="button" href={`${API_PREFIX}${path}/log.txt`} download>
        Download
      </a>
    </form>
  )
}

function Lines({ lines }: { lines: readonly Line[] }) {
  return (
    <div class="log" tabIndex={0} role="region" aria-label="Lines of the log">
      <ol>
        {lines.map(({ line, at, level, program, message }) => (
          <li key={line} class={level}>
            <time dateTime={at} title={exactText(at, VIEWER_ZONE)}>
              {clockText(at, VIEWER_ZONE)}
            </time>
            <span class="level">{level}</span>
            <span class="quiet">{program.replace('customerio', 'cio')}</span>
            <span class="breaks">{message}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function emptyText({ level, search }: LogFilter, isRunning: boolean): string {
  if (level !== '' || search.trim() !== '') return 'No line matches.'
  return isRunning ? 'The run has logged nothing yet.' : 'The run logged nothing.'
}

export interface RunLogProps {
  path: string
  hasLog: boolean
  isRunning: boolean
  /** Lines that arrived since the page was opened. */
  added: readonly Line[]
}

export function RunLogSection({ path, hasLog, isRunning, added }: RunLogProps) {
  const [filter, setFilter] = useState<LogFilter>({ level: '', search: '' })
  const { read, failure, more } = useLog(path, filter, isRunning)
  if (!hasLog && !isRunning) {
    return (
      <Section title="Log">
        <Empty title="The log of this run is not kept.">
          <p>Newer runs keep theirs.</p>
        </Empty>
      </Section>
    )
  }
  const lines = withLines(
    read?.lines ?? [],
    added.filter((line) => isShown(line, filter)),
  )
  return (
    <Section title="Log">
      <LogTools path={path} filter={filter} onFilter={setFilter} />
      {failure && !isRunning && <Failure failure={failure} />}
      {!read && !failure && <Skeleton />}
      {lines.length > 0 && <Lines lines={lines} />}
      {read && lines.length === 0 && <Empty title={emptyText(filter, isRunning)} />}
      {read && read.next !== null && !isRunning && (
        <button type="button" onClick={() => void more(read.next ?? 0, read.lines)}>
          Show more lines
        </button>
      )}
    </Section>
  )
}
