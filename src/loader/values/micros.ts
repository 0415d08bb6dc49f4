/** Converts times to microseconds since the epoch, the unit of timestamp columns. */

import { parseDate, parseDateTime, type Instant } from '../../rfc3339.ts'

/** Returns a bigint where a number would round. Smaller units are cut off. */
export function microsOf({ seconds, nanos }: Instant): number | bigint {
  const micros = seconds * 1e6 + Math.floor(nanos / 1000)
  if (Number.isSafeInteger(micros)) return micros
  return BigInt(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000))
}

/** Parses a date or a date-time, with or without a zone; undefined for any other string. */
export function parseMicros(text: string): number | bigint | undefined {
  const days = parseDate(text)
  if (days !== undefined) return microsOf({ seconds: days * 86_400, nanos: 0 })
  const instant = parseDateTime(text, { zoneOptional: true })
  return instant && microsOf(instant)
}
