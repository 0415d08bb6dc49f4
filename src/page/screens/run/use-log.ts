/** The log of a run as it is shown: what was read, and what arrived since then. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import type { ApiFailure } from '../../api/client.ts'
import { queryText } from '../../api/query.ts'
import { client } from '../../state/console.ts'
import { hasGap, joinedLines, type LogFilter } from '../../view/logs.ts'
import { LogReader, type LogReaderOptions, type LogState } from './log-reader.ts'
import type { RunEvents } from './use-run-events.ts'

type Line = Api<'LogLine'>

const PAGE_LINES = 500
/** Of a log that is read to its end. */
const LONG_PAGE_LINES = 5000
const TYPING_MS = 300

export interface ShownLog {
  /** Undefined before the first page. */
  lines: readonly Line[] | undefined
  hasMore: boolean
  failure: ApiFailure | undefined
  /** Reads the next page. */
  more: () => void
  /** Reads the log from the beginning. */
  again: () => void
}

export interface LogProps {
  /** Of the run. */
  path: string
  filter: LogFilter
  isRunning: boolean
  events: RunEvents
}

/** @param path of the log */
function useReader(path: string): { reader: LogReader; state: LogState } {
  const [state, setState] = useState<LogState>({})
  const reader = useMemo(() => {
    const readPage: LogReaderOptions['readPage'] = async ({ filter, isToEnd }, after, signal) => {
      const search = filter.search.trim()
      const limit = isToEnd ? LONG_PAGE_LINES : PAGE_LINES
      const query = queryText({ level: filter.level, search, after, limit })
      return (await client.request<Api<'RunLog'>>(`${path}${query}`, { signal })).body
    }
    return new LogReader({ readPage, onChange: setState })
  }, [path])
  return { reader, state }
}

/** Reads the log again for another filter, when lines were missed, and when the run has ended. */
export function useLog({ path, filter, isRunning, events }: LogProps): ShownLog {
  const { level, search } = filter
  const { lines: added, round } = events
  const { reader, state } = useReader(`${path}/log`)
  const { read, failure } = state
  // A person who has watched a run keeps its last lines when it ends.
  const isToEnd = useRef(false)
  isToEnd.current ||= isRunning
  const again = () => void reader.start({ filter, isRunning, isToEnd: isToEnd.current })
  useEffect(() => {
    const timer = setTimeout(again, search === '' ? 0 : TYPING_MS)
    return () => {
      clearTimeout(timer)
      reader.stop()
    }
  }, [reader, level, search, isRunning, round])
  const isGap = read?.isLive === true && read.next === null && hasGap(read.lines, added, filter)
  useEffect(() => {
    // Once for each first line: the log of a very long run leaves lines out.
    if (isGap) void reader.more()
  }, [isGap, added[0]?.line])
  const lines = useMemo(
    () => read && joinedLines(read, read.isLive ? added : [], filter),
    [read, added, level, search],
  )
  const hasMore = read !== undefined && read.next !== null
  return { lines, hasMore, failure, more: () => void reader.more(), again }
}
