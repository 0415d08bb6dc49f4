/** The table of upcoming runs that `start` prints first. */

import { nextTimes } from '../../runner/schedule/schedule.ts'
import type { Backoff } from '../../runner/pause/backoff.ts'
import { wallText } from '../../runner/scheduler/event-text.ts'
import type { ScheduledConnection } from '../../runner/scheduler/roster.ts'
import { formatTable } from '../../terminal/table.ts'

/** Upcoming runs shown per connection. */
const SHOWN_TIMES = 3

/** Upcoming runs in UTC and in the schedule's own time zone. A pause has none. */
export function upcomingRunsText(
  scheduled: readonly ScheduledConnection[],
  { now, pauses }: { now: number; pauses: ReadonlyMap<string, Backoff> },
): string {
  const after = ({ file }: ScheduledConnection) =>
    (pauses.get(file.known.path)?.until ?? now + 1) - 1
  const rows = scheduled.flatMap((one) => {
    const { file, schedule } = one
    return nextTimes(schedule, after(one), SHOWN_TIMES).map((time, at) => [
      at === 0 ? file.known.name : '',
      at === 0 ? schedule.text : '',
      wallText(time, 'UTC'),
      schedule.timezone === 'UTC' ? '' : wallText(time, schedule.timezone),
    ])
  })
  const header = ['connection', 'schedule', 'next runs (UTC)', 'local time']
  const hasLocal = rows.some((row) => row[3] !== '')
  const shown = hasLocal ? header : header.slice(0, -1)
  return formatTable(
    shown,
    rows.map((row) => row.slice(0, shown.length)),
  )
}
