/** The log of a run, with search, levels and download. */

import { Component, type ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { API_PREFIX } from '../../api/client.ts'
import { Empty, Failure, Skeleton } from '../../components/notice.tsx'
import { Section } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { VIEWER_ZONE } from '../../state/clock.ts'
import { LOG_LEVELS, MAX_LINES, type LogFilter } from '../../view/logs.ts'
import { countText, titleOf } from '../../view/numbers.ts'
import { clockText, exactText } from '../../view/times.ts'
import { useLog } from './use-log.ts'
import type { RunEvents } from './use-run-events.ts'

type Line = Api<'LogLine'>

/** This far from the end still counts as the end. */
const NEAR_END_PX = 24
const NO_FILTER: LogFilter = { level: '', search: '' }

function LogTools(props: {
  path: string
  filter: LogFilter
  onFilter: (filter: LogFilter) => void
  children: ComponentChildren
}) {
  const { path, filter, onFilter, children } = props
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
      {children}
      <a class="button" href={`${API_PREFIX}${path}/log.txt`} download>
        Download
      </a>
    </form>
  )
}

/** A line never changes, so that thousands of them are drawn once only. */
class LogLine extends Component<{ shown: Line }> {
  override shouldComponentUpdate(): boolean {
    return false
  }

  override render({ shown: { at, level, program, message } }: { shown: Line }) {
    return (
      <li class={level}>
        <time dateTime={at} title={exactText(at, VIEWER_ZONE)}>
          {clockText(at, VIEWER_ZONE)}
        </time>
        <span class="level">{level}</span>
        <span class="quiet">{program.replace('customerio', 'cio')}</span>
        <span class="breaks">{message}</span>
      </li>
    )
  }
}

interface LinesProps {
  lines: readonly Line[]
  /** Whether the newest line stays in view. */
  isFollowing: boolean
  onFollow: (isFollowing: boolean) => void
}

function Lines({ lines, isFollowing, onFollow }: LinesProps) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines, isFollowing])
  const watch = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: BoxEvent) =>
    onFollow(scrollHeight - scrollTop - clientHeight <= NEAR_END_PX)
  return (
    <div
      class="log"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Lines of the log"
      onScroll={watch}
    >
      <ol>
        {lines.map((line) => (
          <LogLine key={line.line} shown={line} />
        ))}
      </ol>
    </div>
  )
}

interface BoxEvent {
  currentTarget: HTMLDivElement
}

/** What is shown in place of lines, with the next step. */
function NoLines({
  filter,
  isRunning,
  onAll,
}: {
  filter: LogFilter
  isRunning: boolean
  onAll: () => void
}) {
  if (filter.level !== '' || filter.search.trim() !== '') {
    return (
      <Empty title="No line matches.">
        <button type="button" onClick={onAll}>
          Show all lines
        </button>
      </Empty>
    )
  }
  return isRunning ? (
    <Empty title="The run has logged nothing yet.">
      <p>Lines appear here as they are written.</p>
    </Empty>
  ) : (
    <Empty title="The run logged nothing.">
      <p>Its outcome and its numbers are above.</p>
    </Empty>
  )
}

export interface RunLogProps {
  path: string
  hasLog: boolean
  isRunning: boolean
  events: RunEvents
}

function RunLog({ path, isRunning, events }: Omit<RunLogProps, 'hasLog'>) {
  const [filter, setFilter] = useState(NO_FILTER)
  const [isFollowing, setFollowing] = useState(isRunning)
  const { lines, hasMore, failure, more, again } = useLog({ path, filter, isRunning, events })
  return (
    <>
      <LogTools path={path} filter={filter} onFilter={setFilter}>
        {isRunning && (
          <label class="check">
            <input
              type="checkbox"
              checked={isFollowing}
              onChange={() => setFollowing(!isFollowing)}
            />
            Follow new lines
          </label>
        )}
      </LogTools>
      {failure && (
        <Failure failure={failure}>
          <button type="button" onClick={again}>
            Try again
          </button>
        </Failure>
      )}
      {!lines && !failure && <Skeleton />}
      {lines && lines.length > 0 && (
        <Lines
          lines={lines}
          isFollowing={isRunning && isFollowing}
          onFollow={(isAtEnd) => isRunning && setFollowing(isAtEnd)}
        />
      )}
      {lines?.length === 0 && (
        <NoLines filter={filter} isRunning={isRunning} onAll={() => setFilter(NO_FILTER)} />
      )}
      {lines?.length === MAX_LINES && (
        <p class="quiet">
          Only the last {countText(MAX_LINES)} lines are shown. The download has all of them.
        </p>
      )}
      {hasMore && (
        <button type="button" onClick={more}>
          Show more lines
        </button>
      )}
    </>
  )
}

export function RunLogSection({ hasLog, ...log }: RunLogProps) {
  return (
    <Section title="Log">
      {hasLog || log.isRunning ? (
        <RunLog {...log} />
      ) : (
        <Empty title="The log of this run is not kept.">
          <p>Newer runs keep theirs.</p>
        </Empty>
      )}
    </Section>
  )
}
