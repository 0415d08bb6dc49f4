/** Checks single values of a bookmark. */

import { AppError } from '../errors.ts'
import { parseEpochMs } from '../rfc3339.ts'
import type { JsonValue } from './json.ts'

/** The error for a bookmark with an invalid value. */
export function unusable(stream: string, what: string): AppError {
  return new AppError('STATE_INVALID', `The state of ${stream} has ${what}.`, {
    hint: 'Correct it, or remove the bookmark to read the stream from the beginning.',
  })
}

/** Epoch milliseconds; undefined if there is no value. Throws STATE_INVALID. */
export function timeIn(stream: string, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  const epochMs = typeof value === 'string' ? parseEpochMs(value) : undefined
  if (epochMs === undefined) throw unusable(stream, 'a time that is not an RFC 3339 string')
  return epochMs
}

/** Undefined if there is no value. Throws STATE_INVALID. */
export function integerIn(
  stream: string,
  what: 'a version' | 'a number of rows',
  value: JsonValue | undefined,
): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw unusable(stream, `${what} that is not an integer`)
  }
  return value
}
