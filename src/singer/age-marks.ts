/**
 * The key `ages` of a bookmark: for each age, the instant up to which rows were read again at that
 * age or older. All ages are always written, because Meltano merges states and never removes a key.
 */

import { formatEpochMs } from '../rfc3339.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { timeIn, unusable } from './state-values.ts'

/** Epoch milliseconds by age, such as `6h`. */
export type AgeMarks = Readonly<Record<string, number>>

/** Undefined if the bookmark has none. Throws STATE_INVALID. */
export function parseAgeMarks(stream: string, value: JsonValue | undefined): AgeMarks | undefined {
  if (value === undefined || value === null) return undefined
  if (!isJsonObject(value)) throw unusable(stream, '`ages` that are not an object')
  const marks = Object.entries(value).flatMap(([age, text]) => {
    const epochMs = timeIn(stream, text)
    return epochMs === undefined ? [] : [[age, epochMs] as const]
  })
  return Object.fromEntries(marks)
}

export function printAgeMarks(marks: AgeMarks): JsonObject {
  return Object.fromEntries(
    Object.entries(marks).map(([age, epochMs]) => [age, formatEpochMs(epochMs)]),
  )
}
