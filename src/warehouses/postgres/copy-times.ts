/** Dates and times in the text format of COPY, written digit by digit. */

import type { CopyWriter } from './copy-writer.ts'

const MICROS_PER_DAY = 86_400_000_000
const DAYS_TO_EPOCH = 719_468
const [SPACE, MINUS, POINT, COLON] = [32, 45, 46, 58]
const YEAR_DIGITS = 4

/** Year, month and day of a day since 1970-01-01 (Howard Hinnant's civil-from-days arithmetic). */
function civilFromDays(days: number): [year: number, month: number, day: number] {
  const shifted = days + DAYS_TO_EPOCH
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

/** Writes the day without its era; returns whether it is before Christ. Before 1 comes 1 BC. */
function putDay(writer: CopyWriter, days: number): boolean {
  const [year, month, day] = civilFromDays(days)
  const shown = year > 0 ? year : 1 - year
  writer.digits(shown, Math.max(YEAR_DIGITS, String(shown).length))
  writer.byte(MINUS)
  writer.digits(month, 2)
  writer.byte(MINUS)
  writer.digits(day, 2)
  return year <= 0
}

export function putDate(writer: CopyWriter, days: number): void {
  if (putDay(writer, days)) writer.plain(' BC')
}

/** Microseconds since midnight as `hh:mm:ss`, with a fraction if it is not 0. */
export function putTime(writer: CopyWriter, micros: number): void {
  const seconds = Math.floor(micros / 1e6)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  writer.digits(hours, 2)
  writer.byte(COLON)
  writer.digits(minutes - hours * 60, 2)
  writer.byte(COLON)
  writer.digits(seconds - minutes * 60, 2)
  const rest = micros - seconds * 1e6
  if (rest === 0) return
  writer.byte(POINT)
  writer.digits(rest, 6)
}

export function putTimestamp(writer: CopyWriter, micros: number | bigint): void {
  const [days, rest] = splitDay(micros)
  const isBeforeChrist = putDay(writer, days)
  writer.byte(SPACE)
  putTime(writer, rest)
  writer.plain(isBeforeChrist ? '+00 BC' : '+00')
}

function splitDay(micros: number | bigint): [days: number, rest: number] {
  if (typeof micros === 'number') {
    const days = Math.floor(micros / MICROS_PER_DAY)
    return [days, micros - days * MICROS_PER_DAY]
  }
  const perDay = BigInt(MICROS_PER_DAY)
  const rest = ((micros % perDay) + perDay) % perDay
  return [Number((micros - rest) / perDay), Number(rest)]
}
