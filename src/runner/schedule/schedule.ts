/** A connection's schedule: manual, basic or cron in a zone -> the next time after an instant. Pure; the clock is the caller's. */

import { AppError } from '../../errors.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import { parseCron } from './cron.ts'
import { LEAST_GAP_MS, nextCronTick } from './cron-ticks.ts'
import { tooClose, type Gap } from './least-gap.ts'
import { openZone } from './zone.ts'

/** Every one divides a day, so a basic schedule fires at the same times each day, and each move of local clocks leaves it alone. */
const EVERY_MINUTES: Readonly<Record<string, number>> = {
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

/** As it stands in connection.json. */
export interface ScheduleSettings {
  type: 'manual' | 'basic' | 'cron'
  /** basic: how often. */
  every?: string
  /** basic: HH:MM in UTC, one of its times. @default '00:00' */
  start_at?: string
  /** cron: five fields. */
  expression?: string
  /** cron: IANA name. @default 'UTC' */
  timezone?: string
}

export interface Schedule {
  /** For people: `every 3h from 02:00 UTC`. */
  text: string
  /** The zone in which its times are meant. */
  timezone: string
  /** The first tick after this instant (epoch milliseconds), undefined for a manual schedule. */
  nextAfter: (instant: number) => number | undefined
}

function invalid(sentence: string, hint: string): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

function startMinute(startAt: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(startAt)
  if (!match) {
    throw invalid(
      `\`schedule.start_at\` must be a time of day in UTC, HH:MM, not ${JSON.stringify(startAt)}.`,
      'Write it with two digits each, such as 02:00.',
    )
  }
  return Number(match[1]) * 60 + Number(match[2])
}

function basicSchedule({ every, start_at: startAt }: ScheduleSettings): Schedule {
  const choices = Object.keys(EVERY_MINUTES).join(', ')
  const minutes = every === undefined ? undefined : EVERY_MINUTES[every]
  if (minutes === undefined || !Object.hasOwn(EVERY_MINUTES, String(every))) {
    const given = every === undefined ? 'is missing' : `must be one of ${choices}, not "${every}"`
    throw invalid(`\`schedule.every\` ${given}.`, `A basic schedule runs every ${choices}.`)
  }
  const everyMs = minutes * MINUTE_MS
  // The epoch is a UTC midnight, so multiples of the interval are aligned to it.
  const phase = startAt === undefined ? 0 : (startMinute(startAt) * MINUTE_MS) % everyMs
  return {
    text: `every ${every}${startAt === undefined ? '' : ` from ${startAt} UTC`}`,
    timezone: 'UTC',
    nextAfter: (instant) => (Math.floor((instant - phase) / everyMs) + 1) * everyMs + phase,
  }
}

function clockText(label: number): string {
  return new Date(((label % DAY_MS) + DAY_MS) % DAY_MS).toISOString().slice(11, 16)
}

function closeText({ from, to, minutes, isByClockChange }: Gap, timezone: string): string {
  const apart = `has ticks ${minutes} minute${minutes === 1 ? '' : 's'} apart`
  if (!isByClockChange) return `${apart} (${clockText(from)} and ${clockText(to)})`
  const instants = [from, to].map((tick) => new Date(tick).toISOString().slice(0, 16) + 'Z')
  return `${apart} when the clocks of ${timezone} are moved (${instants.join(' and ')})`
}

function cronSchedule({ expression, timezone = 'UTC' }: ScheduleSettings, now: number): Schedule {
  if (expression === undefined) {
    throw invalid(
      '`schedule.expression` is missing.',
      'A cron schedule needs five fields, such as `30 2 * * *`.',
    )
  }
  const schedule = { cron: parseCron(expression), zone: openZone(timezone) }
  const close = tooClose(schedule, now)
  if (close) {
    const least = LEAST_GAP_MS / MINUTE_MS
    throw invalid(
      `The cron expression \`${expression}\` ${closeText(close, timezone)}; at least ${least} minutes are needed.`,
      'Name fewer minutes, or take a basic schedule of 5m or 10m.',
    )
  }
  return {
    text: `cron ${expression} in ${timezone}`,
    timezone,
    nextAfter: (instant) => nextCronTick(schedule, instant),
  }
}

/**
 * Reads the settings of a schedule. `now` only decides which coming changes of the clock count for the least gap.
 * Throws CONFIG_INVALID with what is wrong and how to put it right.
 */
export function createSchedule(settings: ScheduleSettings, now: number): Schedule {
  switch (settings.type) {
    case 'manual':
      return { text: 'manual', timezone: 'UTC', nextAfter: () => undefined }
    case 'basic':
      return basicSchedule(settings)
    case 'cron':
      return cronSchedule(settings, now)
  }
}

/** The next times after an instant, for people to look at. */
export function nextTimes(schedule: Schedule, after: number, count: number): number[] {
  const times: number[] = []
  for (let at = schedule.nextAfter(after); at !== undefined && times.length < count;) {
    times.push(at)
    at = schedule.nextAfter(at)
  }
  return times
}
