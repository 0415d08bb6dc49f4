/** The next runs of a schedule, and what clock changes do to them. Pure. */

import { parseCron, nextWallTime } from '../../runner/schedule/cron.ts'
import {
  createSchedule,
  nextTimes,
  type Schedule,
  type ScheduleSettings,
} from '../../runner/schedule/schedule.ts'
import { openZone, type OffsetChange } from '../../runner/schedule/zone.ts'
import { wallText } from '../../runner/scheduler/event-text.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../time.ts'
import type { Api } from '../api/schemas.generated.ts'

const MONTHS_AHEAD_MS = 396 * DAY_MS

function instantText(ms: number): string {
  return new Date(ms).toISOString()
}

/** `02:30` of a wall time, or of an instant plus its offset. */
function clockText(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(11, 16)
}

function dayText(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(0, 10)
}

/** `1 h`, `30 min` */
function amountText(ms: number): string {
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${ms / MINUTE_MS} min`
}

/** The sentence about one change; undefined when it moves no run. */
function changeText(
  settings: ScheduleSettings,
  schedule: Schedule,
  change: OffsetChange,
): string | undefined {
  const cron = parseCron(settings.expression ?? '')
  const [before, after] = [change.at + change.before, change.at + change.after]
  const [from, to] = [Math.min(before, after), Math.max(before, after)]
  const wall = nextWallTime(cron, from)
  if (wall === undefined || wall >= to || cron.isEveryHour) return undefined
  const amount = amountText(to - from)
  const intro = `The clocks in ${schedule.timezone} go ${after > before ? 'forward' : 'back'} by ${amount} on ${dayText(from)}.`
  if (after < before)
    return `${intro} ${clockText(wall)} comes twice, and the run starts the first time only.`
  const tick = schedule.nextAfter(change.at - 1)
  const start = tick === undefined ? to : tick + change.after
  return `${intro} ${clockText(wall)} does not exist, so the run starts at ${clockText(start)} on that day.`
}

function clockChanges(settings: ScheduleSettings, schedule: Schedule, nowMs: number) {
  if (settings.type !== 'cron') return []
  return openZone(schedule.timezone)
    .changesIn(nowMs, nowMs + MONTHS_AHEAD_MS)
    .flatMap((change) => {
      const message = changeText(settings, schedule, change)
      return message === undefined ? [] : [{ at: instantText(change.at), message }]
    })
}

/** Also of a paused schedule. @param found settings of a valid schedule */
export function schedulePreview(
  found: ScheduleSettings,
  { count, nowMs }: { count: number; nowMs: number },
): Api<'SchedulePreview'> {
  const settings = { ...found, paused: false }
  const schedule = createSchedule(settings, nowMs)
  return {
    is_valid: true,
    problems: [],
    text: schedule.text,
    timezone: schedule.timezone,
    next_runs: nextTimes(schedule, nowMs, count).map((time) => ({
      at: instantText(time),
      local: wallText(time, schedule.timezone),
    })),
    clock_changes: clockChanges(settings, schedule, nowMs),
  }
}
