/** Five-field cron expressions, read as crontab(5) says, and the wall-clock times that they name. Pure; knows no zone. */

import { AppError } from '../../errors.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'

const MINUTES_PER_DAY = 1440

/** The longest wait of any expression: 29 February on a given weekday, over a year like 2100 that has no such day. */
const LONGEST_WAIT_DAYS = 366 * 41

/** No sensible expression is longer; whatever is longer is refused before it is looked at. */
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
 * A read expression. Its wall-clock times are "labels": milliseconds since 1970 as if the clock on the wall showed UTC.
 */
export interface Cron {
  expression: string
  /** Minutes of the day at which it fires on a matching day, ascending. */
  minutesOfDay: readonly number[]
  /** True when every hour of the day matches: such a schedule follows elapsed time where clocks are moved. */
  isEveryHour: boolean
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  /** As crontab(5): when neither day field begins with `*`, a day matches when either does. */
  isEitherDay: boolean
}

class FieldFault extends Error {}

function numberIn(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + (field === MONTH ? 1 : 0)
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (value >= field.min && value <= field.max) return value
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : ''
  throw new FieldFault(`must lie in ${field.min} to ${field.max}${names}, not ${text || 'nothing'}`)
}

function boundsOf(range: string, field: Field): [from: number, to: number] {
  if (range === '*') return [field.min, field === WEEKDAY ? 6 : field.max]
  const [first = '', last] = range.split('-', 2)
  const from = numberIn(first, field)
  if (last === undefined) return [from, from]
  const to = numberIn(range.slice(first.length + 1), field)
  // Sunday closes a week as well as it opens one: sat-sun.
  const end = field === WEEKDAY && to === 0 && from > 0 ? 7 : to
  if (end < from) throw new FieldFault(`has a range that runs backwards, ${range}`)
  return [from, end]
}

function stepOf(step: string | undefined, range: string): number {
  if (step === undefined) return 1
  if (!/^\d{1,3}$/.test(step) || Number(step) === 0)
    throw new FieldFault(`needs a whole number above 0 behind the /, not ${step || 'nothing'}`)
  if (range !== '*' && !range.includes('-'))
    throw new FieldFault(`has a step without a range: write */${step} or a range such as 0-30/5`)
  return Number(step)
}

function valuesOf(text: string, field: Field): Set<number> {
  const unsupported = /[L#W?@]/i.exec(field.names ? text.replaceAll(/[a-z]{2,}/gi, '') : text)
  if (unsupported) throw new FieldFault(`uses ${unsupported[0]}, which is not supported`)
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/', 2)
    if (part.split('/').length > 2) throw new FieldFault(`has two steps in ${part}`)
    const by = stepOf(step, range)
    const [from, to] = boundsOf(range, field)
    for (let value = from; value <= to; value += by) {
      values.add(field === WEEKDAY ? value % 7 : value)
    }
  }
  return values
}

function refuse(expression: string, reason: string): never {
  throw new AppError('CONFIG_INVALID', `The cron expression \`${expression}\` ${reason}.`, {
    hint: 'Its five fields are minute, hour, day of the month, month and day of the week, as in `30 2 * * *` (every day at 02:30).',
  })
}

function fieldsOf(expression: string): string[] {
  if (expression.length > MAX_LENGTH)
    refuse(`${expression.slice(0, 20)}...`, `is longer than ${MAX_LENGTH} characters`)
  const fields = expression.split(/\s+/).filter((text) => text !== '')
  if (fields.length !== 5)
    refuse(expression, `has ${fields.length} field${fields.length === 1 ? '' : 's'}, not five`)
  return fields
}

/** Reads an expression. Throws CONFIG_INVALID, saying which field is wrong and why, or that no day can ever match. */
export function parseCron(expression: string): Cron {
  const texts = fieldsOf(expression)
  const read = (at: number, field: Field) => {
    try {
      return valuesOf(texts[at] ?? '', field)
    } catch (error) {
      if (error instanceof FieldFault)
        refuse(expression, `is not valid: the ${field.name} ${error.message}`)
      throw error
    }
  }
  const [minutes, hours] = [read(0, MINUTE), read(1, HOUR)]
  const days = read(2, DAY)
  const months = read(3, MONTH)
  const weekdays = read(4, WEEKDAY)
  const isEitherDay = !texts[2]?.startsWith('*') && !texts[4]?.startsWith('*')
  const hasDay = [...months].some((month) =>
    [...days].some((day) => day <= (MONTH_DAYS[month - 1] ?? 0)),
  )
  if (!hasDay && !isEitherDay) refuse(expression, 'names a day that no year has')
  const minutesOfDay = Array.from({ length: MINUTES_PER_DAY }, (_, at) => at).filter(
    (at) => hours.has(Math.floor(at / 60)) && minutes.has(at % 60),
  )
  const isEveryHour = hours.size === 24
  return { expression, minutesOfDay, isEveryHour, days, months, weekdays, isEitherDay }
}

/** Whether it fires on the day that begins at this label. */
export function matchesDay(cron: Cron, dayLabel: number): boolean {
  const date = new Date(dayLabel)
  if (!cron.months.has(date.getUTCMonth() + 1)) return false
  const isDay = cron.days.has(date.getUTCDate())
  const isWeekday = cron.weekdays.has(date.getUTCDay())
  return cron.isEitherDay ? isDay || isWeekday : isDay && isWeekday
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

/** The first label at or after this one; undefined only beyond what any expression can wait. */
export function nextLabel(cron: Cron, label: number): number | undefined {
  const firstDay = Math.floor(label / DAY_MS) * DAY_MS
  const minute = Math.ceil((label - firstDay) / MINUTE_MS)
  const today = matchesDay(cron, firstDay) ? firstAtOrAfter(cron.minutesOfDay, minute) : undefined
  if (today !== undefined) return firstDay + today * MINUTE_MS
  const lastDay = firstDay + LONGEST_WAIT_DAYS * DAY_MS
  for (let day = firstDay + DAY_MS; day <= lastDay; day += DAY_MS) {
    if (matchesDay(cron, day)) return day + (cron.minutesOfDay[0] ?? 0) * MINUTE_MS
  }
  return undefined
}
