/** The lines that a run logs while the page shows it. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { watchRun } from '../../state/live.ts'
import { withLines } from '../../view/logs.ts'

type Line = Api<'LogLine'>

/** Many lines in a moment are drawn at once. */
const GATHER_MS = 100

export interface RunEvents {
  /** Without a gap, since the page follows the run or since the events began again. */
  lines: readonly Line[]
  /** How often the events began again. Lines before that are in the log only. */
  round: number
}

/** Follows only while the run is running. */
export function useRunEvents(runId: string, isRunning: boolean): RunEvents {
  const [events, setEvents] = useState<RunEvents>({ lines: [], round: 0 })
  useEffect(() => {
    if (!isRunning) return
    let gathered: Line[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = () => {
      const added = gathered
      gathered = []
      timer = undefined
      setEvents(({ lines, round }) => ({ lines: withLines(lines, added), round }))
    }
    const end = watchRun({
      runId,
      onEvent: (event) => {
        if (event.type === 'run_log' && event.run_id === runId) {
          gathered.push(event.line)
          timer ??= setTimeout(show, GATHER_MS)
        } else if (event.type === 'reset') {
          gathered = []
          setEvents(({ round }) => ({ lines: [], round: round + 1 }))
        }
      },
    })
    return () => {
      end()
      clearTimeout(timer)
    }
  }, [runId, isRunning])
  return events
}
