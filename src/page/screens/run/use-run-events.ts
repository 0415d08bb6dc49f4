/** The lines that a run logs while the page shows it. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { followEvents } from '../../api/event-source.ts'
import { receive } from '../../state/live.ts'
import { withLines } from '../../view/logs.ts'

type Line = Api<'LogLine'>

/** @param path of the run. Follows only while it is running. */
export function useRunEvents(path: string, isRunning: boolean): readonly Line[] {
  const [lines, setLines] = useState<readonly Line[]>([])
  useEffect(() => {
    if (!isRunning) return
    return followEvents({
      path: `${path}/events`,
      onEvent: (event) => {
        if (event.type === 'run_log') setLines((known) => withLines(known, [event.line]))
        else if (event.type !== 'reset') receive(event)
      },
    })
  }, [path, isRunning])
  return lines
}
