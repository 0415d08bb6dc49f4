/**
 * Writes rows in the text format of COPY: one line per row, tabs between columns, `\N` for null,
 * and a backslash before special characters. Writes into large buffers, so that a row allocates no
 * string. Our own code, because pg-copy-streams sends bytes and does not encode rows.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */

import type { Cell, ColumnType } from '../../loader/schema/types.ts'
import type { TextCells } from '../../loader/columns/text-cells.ts'
import { formatDecimal } from '../../loader/values/decimal.ts'
import type { ColumnData } from '../../loader/commit-unit.ts'

const CHUNK_BYTES = 1 << 16
/** From this length on, `Buffer.copy` is faster than a loop. */
const LONG_BYTES = 64
const MICROS_PER_DAY = 86_400_000_000
const DAYS_TO_EPOCH = 719_468

const BACKSLASH = 92
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const TAB = 9
const CAPITAL_N = 78
const ZERO = 48

/** The letter after the backslash for a byte that must be escaped; 0 for all other bytes. */
const ESCAPES = new Uint8Array(256)
ESCAPES[BACKSLASH] = BACKSLASH
for (const [byte, letter] of [
  [LINE_FEED, 'n'],
  [CARRIAGE_RETURN, 'r'],
  [TAB, 't'],
] as const) {
  ESCAPES[byte] = letter.charCodeAt(0)
}

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

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** A day as PostgreSQL reads it: the year before 1 is 1 BC. */
function dateText(days: number): { text: string; era: '' | ' BC' } {
  const [year, month, day] = civilFromDays(days)
  const shown = year > 0 ? year : 1 - year
  return {
    text: `${String(shown).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`,
    era: year > 0 ? '' : ' BC',
  }
}

function hasSpecial(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (ESCAPES[bytes[i] ?? 0]) return true
  return false
}

/** Fills buffers. A full buffer is passed on and never written again. */
class CopyWriter {
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  #at = 0
  readonly #full: Buffer[] = []
  #lastDay = Number.NaN
  #lastDate = dateText(0)

  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /** Returns and removes the full buffers, in order. */
  takeFull(): Buffer[] {
    return this.#full.splice(0)
  }

  takeRest(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    if (this.#at > 0) this.#full.push(this.takeRest())
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, CHUNK_BYTES))
    this.#at = 0
  }

  byte(code: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = code
  }

  null(): void {
    this.#reserve(2)
    this.#buffer[this.#at++] = BACKSLASH
    this.#buffer[this.#at++] = CAPITAL_N
  }

  /** A string of ASCII characters that need no escape. */
  plain(text: string): void {
    const { length } = text
    this.#reserve(length)
    const buffer = this.#buffer
    for (let i = 0; i < length; i++) buffer[this.#at++] = text.charCodeAt(i)
  }

  /** UTF-8 bytes, escaped where needed. */
  text({ bytes, starts, lengths }: TextCells, row: number): void {
    const start = starts[row] ?? 0
    const end = start + (lengths[row] ?? 0)
    if (end - start >= LONG_BYTES && !hasSpecial(bytes, start, end)) {
      this.#reserve(end - start)
      this.#at += bytes.copy(this.#buffer, this.#at, start, end)
      return
    }
    this.#reserve((end - start) * 2)
    const buffer = this.#buffer
    let at = this.#at
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0
      const letter = ESCAPES[byte]
      if (letter) {
        buffer[at++] = BACKSLASH
        buffer[at++] = letter
      } else {
        buffer[at++] = byte
      }
    }
    this.#at = at
  }

  #dateOf(days: number): { text: string; era: string } {
    if (this.#lastDay !== days) {
      this.#lastDay = days
      this.#lastDate = dateText(days)
    }
    return this.#lastDate
  }

  date(days: number): void {
    const { text, era } = this.#dateOf(days)
    this.plain(text)
    if (era !== '') this.plain(era)
  }

  #twoDigits(value: number): void {
    this.#buffer[this.#at++] = ZERO + Math.floor(value / 10)
    this.#buffer[this.#at++] = ZERO + (value % 10)
  }

  /** Microseconds since midnight as `hh:mm:ss`, with a fraction if it is not 0. */
  time(micros: number): void {
    this.#reserve(8)
    const seconds = Math.floor(micros / 1e6)
    const minutes = Math.floor(seconds / 60)
    this.#twoDigits(Math.floor(minutes / 60))
    this.#buffer[this.#at++] = 58
    this.#twoDigits(minutes % 60)
    this.#buffer[this.#at++] = 58
    this.#twoDigits(seconds % 60)
    const rest = micros - seconds * 1e6
    if (rest > 0) this.plain(`.${String(rest).padStart(6, '0')}`)
  }

  timestamp(micros: number | bigint): void {
    const [days, rest] = splitDay(micros)
    const { text, era } = this.#dateOf(days)
    this.plain(text)
    this.byte(32)
    this.time(rest)
    this.plain(era === '' ? '+00' : `+00${era}`)
  }
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

type Put = (writer: CopyWriter, cell: Exclude<Cell, null>) => void

function putOf(type: ColumnType): Put {
  switch (type.kind) {
    case 'boolean':
      return (writer, cell) => writer.plain(cell === true ? 't' : 'f')
    case 'integer':
    case 'number':
    case 'text':
    case 'json':
      return (writer, cell) => writer.plain(String(cell))
    case 'decimal':
      return (writer, cell) => writer.plain(formatDecimal(BigInt(cell), type.scale))
    case 'date':
      return (writer, cell) => writer.date(cell as number)
    case 'time':
      return (writer, cell) => writer.time(cell as number)
    case 'timestamp':
      return (writer, cell) => writer.timestamp(cell as number | bigint)
  }
}

/** The rows in chunks of about 64 KB. A longer string gets a chunk of its own length. */
export function* copyChunks(columns: readonly ColumnData[], rowCount: number): Generator<Buffer> {
  const writer = new CopyWriter()
  const slots = columns.map(({ type, cells }) => ({ put: putOf(type), cells }))
  for (let row = 0; row < rowCount; row++) {
    for (const [at, { put, cells }] of slots.entries()) {
      if (at > 0) writer.byte(TAB)
      if (cells.isNull(row)) writer.null()
      else if (cells.layout === 'text') writer.text(cells, row)
      else put(writer, cells.at(row) ?? '')
    }
    writer.byte(LINE_FEED)
    if (writer.hasFull) yield* writer.takeFull()
  }
  const rest = writer.takeRest()
  if (rest.length > 0) yield rest
}
