/**
 * Five-field cron expressions as in crontab(5), and the wall times that they match. Pure; knows no
 * zone.
 *
 * Own code, because croner 11.0.1 breaks cron(8) at clock changes. `0 2,3 * * *` in Europe/Berlin
 * fires twice on 2017-10-29, at 00:00Z and 01:00Z; cron(8) does not repeat jobs of a repeated hour.
 * `50 1-5 * * *` in America/New_York does not fire for 02:50 on 2017-03-12; cron(8) runs jobs of a
 * skipped hour right after the change. With our rules on top, croner could replace only
 * `nextWallTime`, and one tick would take about fifteen times as long.
 */

import { AppError } from '../../errors.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'

const MINUTES_PER_DAY = 1440

/**
 * The longest wait of any expression: 29 February on a given weekday, across 2100, which has none.
 */
const MAX_WAIT_DAYS = 366 * 41

/** Longer strings are refused before they are parsed. */
const MAX_LENGTH = 500

interface Field {
  name: string
  min: number
  max: number
  names?: readonly string[]
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ')

const MINUTE: Field = { name: 'minute', min: 0, max: 59 }
const HOUR: Field = { name: 'hour', min: 0, max: 23 }
const DAY: Field = { name: 'day of the month', min: 1, max: 31 }
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS }
const WEEKDAY: Field = { name: 'day of the week', min: 0, max: 7, names: WEEKDAYS }

/** Longest possible length of each month, January first. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/**
 * A parsed expression. Wall times are milliseconds since 1970 as if the clock on the wall showed
 * UTC.
 */
export interface Cron {
  expression: string
  /** Minutes of the day at which it fires on a matching day, ascending. */
  minutesOfDay: readonly number[]
  /**
   * True when every hour of the day matches. At clock changes such a schedule follows elapsed time.
   */
  isEveryHour: boolean
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  /** As in crontab(5): a day matches either day field when neither of them starts with `*`. */
  matchesEitherDay: boolean
}

/** What is wrong with one field. */
class FieldError extends Error {}

function parseNumber(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + (field === MONTH ? 1 : 0)
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (value >= field.min && value <= field.max) return value
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : ''
  const found = text === '' ? 'but a value is missing' : `not ${text}`
  throw new FieldError(`must be ${field.min} to ${field.max}${names}, ${found}`)
}

function parseRange(range: string, field: Field): [from: number, to: number] {
  if (range === '*') return [field.min, field === WEEKDAY ? 6 : field.max]
  const [first = '', last] = range.split('-', 2)
  const from = parseNumber(first, field)
  if (last === undefined) return [from, from]
  const to = parseNumber(range.slice(first.length + 1), field)
  // Sunday can also end a week, as in sat-sun.
  const end = field === WEEKDAY && to === 0 && from > 0 ? 7 : to
  if (end < from) throw new FieldError(`has a descending range, ${range}`)
  return [from, end]
}

function parseStep(step: string | undefined, range: string): number {
  if (step === undefined) return 1
  if (!/^\d{1,3}$/.test(step) || Number(step) === 0)
    throw new FieldError(`needs a whole number above 0 after the /, not ${step || 'nothing'}`)
  if (range !== '*' && !range.includes('-'))
    throw new FieldError(`has a step without a range: use */${step} or a range such as 0-30/5`)
  return Number(step)
}

function parseField(text: string, field: Field): Set<number> {
  const unsupported = /[L#W?@]/i.exec(field.names ? text.replaceAll(/[a-z]{2,}/gi, '') : text)
  if (unsupported) throw new FieldError(`uses ${unsupported[0]}, which is not supported`)
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/', 2)
    if (part.split('/').length > 2) throw new FieldError(`has two steps in ${part}`)
    const increment = parseStep(step, range)
    const [from, to] = parseRange(range, field)
    for (let value = from; value <= to; value += increment) {
      values.add(field === WEEKDAY ? value % 7 : value)
    }
  }
  return values
}

function refuse(expression: string, reason: string): never {
  throw new AppError('CONFIG_INVALID', `The cron expression \`${expression}\` ${reason}.`, {
    hint: 'The five fields are minute, hour, day of the month, month and day of the week, as in `30 2 * * *` (every day at 02:30).',
  })
}

function splitFields(expression: string): string[] {
  if (expression.length > MAX_LENGTH)
    refuse(`${expression.slice(0, 20)}...`, `is longer than ${MAX_LENGTH} characters`)
  const fields = expression.split(/\s+/).filter((text) => text !== '')
  if (fields.length !== 5)
    refuse(expression, `has ${fields.length} field${fields.length === 1 ? '' : 's'}, not five`)
  return fields
}

function hasPossibleDay(months: ReadonlySet<number>, days: ReadonlySet<number>): boolean {
  return [...months].some((month) => [...days].some((day) => day <= (MONTH_DAYS[month - 1] ?? 0)))
}

/**
 * Parses an expression. Throws CONFIG_INVALID, which names the invalid field and the reason, or
 * says that no day can match.
 */
export function parseCron(expression: string): Cron {
  const fields = splitFields(expression)
  const parseAt = (index: number, field: Field) => {
    try {
      return parseField(fields[index] ?? '', field)
    } catch (error) {
      if (error instanceof FieldError)
        refuse(expression, `is not valid: the ${field.name} ${error.message}`)
      throw error
    }
  }
  const [minutes, hours] = [parseAt(0, MINUTE), parseAt(1, HOUR)]
  const days = parseAt(2, DAY)
  const months = parseAt(3, MONTH)
  const weekdays = parseAt(4, WEEKDAY)
  const matchesEitherDay = !fields[2]?.startsWith('*') && !fields[4]?.startsWith('*')
  if (!matchesEitherDay && !hasPossibleDay(months, days))
    refuse(expression, 'matches no day of any year')
  const minutesOfDay = Array.from({ length: MINUTES_PER_DAY }, (_, minute) => minute).filter(
    (minute) => hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60),
  )
  const isEveryHour = hours.size === 24
  return { expression, minutesOfDay, isEveryHour, days, months, weekdays, matchesEitherDay }
}

/** Whether it fires on the day that begins at this wall time. */
export function matchesDay(cron: Cron, day: number): boolean {
  const date = new Date(day)
  if (!cron.months.has(date.getUTCMonth() + 1)) return false
  const isDay = cron.days.has(date.getUTCDate())
  const isWeekday = cron.weekdays.has(date.getUTCDay())
  return cron.matchesEitherDay ? isDay || isWeekday : isDay && isWeekday
}

function firstAtOrAfter(sorted: readonly number[], wanted: number): number | undefined {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return sorted[low]
}

/**
 * The first matching wall time at or after this one. Undefined when no expression can wait longer.
 */
export function nextWallTime(cron: Cron, wallTime: number): number | undefined {
  const firstDay = Math.floor(wallTime / DAY_MS) * DAY_MS
  const minute = Math.ceil((wallTime - firstDay) / MINUTE_MS)
  const today = matchesDay(cron, firstDay) ? firstAtOrAfter(cron.minutesOfDay, minute) : undefined
  if (today !== undefined) return firstDay + today * MINUTE_MS
  const lastDay = firstDay + MAX_WAIT_DAYS * DAY_MS
  for (let day = firstDay + DAY_MS; day <= lastDay; day += DAY_MS) {
    if (matchesDay(cron, day)) return day + (cron.minutesOfDay[0] ?? 0) * MINUTE_MS
  }
  return undefined
}
