/** The table of upcoming runs that `start` prints first. */

import { nextTimes } from '../../runner/schedule/schedule.ts'
import { wallText } from '../../runner/scheduler/event-text.ts'
import type { ScheduledConnection } from '../../runner/scheduler/roster.ts'
import { formatTable } from '../../terminal/table.ts'

/** Upcoming runs shown per connection. */
const SHOWN_TIMES = 3

/** Upcoming runs in UTC and in the schedule's own time zone. */
export function upcomingRunsText(scheduled: readonly ScheduledConnection[], now: number): string {
  const rows = scheduled.flatMap(({ file, schedule }) =>
    nextTimes(schedule, now, SHOWN_TIMES).map((time, at) => [
      at === 0 ? file.known.name : '',
      at === 0 ? schedule.text : '',
      wallText(time, 'UTC'),
      schedule.timezone === 'UTC' ? '' : wallText(time, schedule.timezone),
    ]),
  )
  return formatTable(['connection', 'schedule', 'next runs (UTC)', 'local time'], rows)
}
