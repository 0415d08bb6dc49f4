/**
 * A connection's schedule: manual, basic, or cron in a time zone. Pure: the caller passes the time.
 */

import { AppError } from '../../errors.ts'
import type { ConnectionConfig } from '../../schemas.generated.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import { parseCron } from './cron.ts'
import { MIN_GAP_MS, nextCronTick } from './cron-ticks.ts'
import { findShortGap, type Gap } from './min-gap.ts'
import { openZone } from './zone.ts'

/** The section `schedule` of a connection file. */
export type ScheduleSettings = NonNullable<ConnectionConfig['schedule']>

/** Each interval divides a day, so a basic schedule fires at the same UTC times every day. */
const EVERY_MINUTES: Readonly<Record<NonNullable<ScheduleSettings['every']>, number>> = {
  '5m': 5,
  '10m': 10,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '3h': 180,
  '6h': 360,
  '12h': 720,
  '24h': 1440,
}

export interface Schedule {
  /** For display, such as `every 3h from 02:00 UTC`. */
  text: string
  /** IANA name of the zone in which to show its ticks. */
  timezone: string
  /** The first tick after an instant, in epoch milliseconds. Undefined if manual or paused. */
  nextAfter: (instant: number) => number | undefined
}

function invalid(sentence: string, hint: string): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

function parseStartMinute(startAt: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(startAt)
  if (!match) {
    throw invalid(
      `\`schedule.start_at\` must be a time of day in UTC, HH:MM, not ${JSON.stringify(startAt)}.`,
      'Use two digits for hours and minutes, such as 02:00.',
    )
  }
  return Number(match[1]) * 60 + Number(match[2])
}

function basicSchedule({ every, start_at: startAt }: ScheduleSettings): Schedule {
  if (every === undefined || !Object.hasOwn(EVERY_MINUTES, every)) {
    const choices = Object.keys(EVERY_MINUTES).join(', ')
    const given = every === undefined ? 'is missing' : `must be one of ${choices}, not "${every}"`
    throw invalid(`\`schedule.every\` ${given}.`, `Set it to one of ${choices}.`)
  }
  const everyMs = EVERY_MINUTES[every] * MINUTE_MS
  // The epoch is midnight UTC, so multiples of the interval are aligned to midnight.
  const phaseMs = startAt === undefined ? 0 : (parseStartMinute(startAt) * MINUTE_MS) % everyMs
  return {
    text: `every ${every}${startAt === undefined ? '' : ` from ${startAt} UTC`}`,
    timezone: 'UTC',
    nextAfter: (instant) => (Math.floor((instant - phaseMs) / everyMs) + 1) * everyMs + phaseMs,
  }
}

function timeOfDayText(wallTime: number): string {
  return new Date(((wallTime % DAY_MS) + DAY_MS) % DAY_MS).toISOString().slice(11, 16)
}

function gapText({ from, to, minutes, isAtClockChange }: Gap, timezone: string): string {
  const apart = `has ticks only ${minutes} minute${minutes === 1 ? '' : 's'} apart`
  if (!isAtClockChange) return `${apart} (${timeOfDayText(from)} and ${timeOfDayText(to)})`
  const instants = [from, to].map((tick) => new Date(tick).toISOString().slice(0, 16) + 'Z')
  return `${apart} at a clock change in ${timezone} (${instants.join(' and ')})`
}

function cronSchedule({ expression, timezone = 'UTC' }: ScheduleSettings, now: number): Schedule {
  if (expression === undefined) {
    throw invalid(
      '`schedule.expression` is missing.',
      'Set it to five cron fields, such as `30 2 * * *`.',
    )
  }
  const schedule = { cron: parseCron(expression), zone: openZone(timezone) }
  const gap = findShortGap(schedule, now)
  if (gap) {
    throw invalid(
      `The cron expression \`${expression}\` ${gapText(gap, timezone)}; the minimum is ${MIN_GAP_MS / MINUTE_MS} minutes.`,
      'Use fewer minutes, or a basic schedule with `every` set to 5m or 10m.',
    )
  }
  return {
    text: `cron ${expression} in ${timezone}`,
    timezone,
    nextAfter: (instant) => nextCronTick(schedule, instant),
  }
}

function pausedSchedule({ text, timezone }: Schedule): Schedule {
  return { text: `${text}, paused`, timezone, nextAfter: () => undefined }
}

/** Whether a person has paused the schedule. A manual one cannot be paused. */
export function isPaused({ type, paused }: ScheduleSettings): boolean {
  return paused === true && type !== 'manual'
}

/**
 * The schedule that the settings describe. `now` decides only which future clock changes are
 * checked for ticks that are too close. Throws CONFIG_INVALID with the problem and a hint.
 */
export function createSchedule(settings: ScheduleSettings, now: number): Schedule {
  const schedule = activeSchedule(settings, now)
  return isPaused(settings) ? pausedSchedule(schedule) : schedule
}

function activeSchedule(settings: ScheduleSettings, now: number): Schedule {
  switch (settings.type) {
    case 'manual':
      return { text: 'manual', timezone: 'UTC', nextAfter: () => undefined }
    case 'basic':
      return basicSchedule(settings)
    case 'cron':
      return cronSchedule(settings, now)
  }
}

/** Up to `count` ticks after an instant. */
export function nextTimes(schedule: Schedule, after: number, count: number): number[] {
  const times: number[] = []
  for (let at = schedule.nextAfter(after); at !== undefined && times.length < count;) {
    times.push(at)
    at = schedule.nextAfter(at)
  }
  return times
}
