/** The `_sdc_` columns: names and types as in the Meltano SDK, times with their zone. */

import { parseDate, parseDateTime, type Instant } from '../../rfc3339.ts'
import type { JsonValue } from '../../singer/json.ts'
import type { ColumnType } from '../schema/types.ts'

export const METADATA_COLUMNS = {
  /** When the tap read the record: `time_extracted`. */
  _sdc_extracted_at: { kind: 'timestamp' },
  /** When the target read the record. */
  _sdc_received_at: { kind: 'timestamp' },
  /** When the batch was begun. */
  _sdc_batched_at: { kind: 'timestamp' },
  /** When the row was found to be gone at the source; null while it is there. */
  _sdc_deleted_at: { kind: 'timestamp' },
  /** Milliseconds since the epoch when the target read the record. */
  _sdc_sequence: { kind: 'integer' },
  /** `version` of the record. */
  _sdc_table_version: { kind: 'integer' },
  /** Milliseconds since the epoch when the run began. */
  _sdc_sync_started_at: { kind: 'integer' },
} as const satisfies Record<string, ColumnType>

export type MetadataName = keyof typeof METADATA_COLUMNS

export const METADATA_NAMES = Object.keys(METADATA_COLUMNS) as MetadataName[]

/** What ACTIVATE_VERSION works with. */
export const VERSION_COLUMNS: readonly MetadataName[] = ['_sdc_deleted_at', '_sdc_table_version']

export function isMetadataName(name: string): name is MetadataName {
  return Object.hasOwn(METADATA_COLUMNS, name)
}

/** Microseconds since the epoch, as a bigint where a number would round. Digits below are cut. */
export function microsOf({ seconds, nanos }: Instant): number | bigint {
  const micros = seconds * 1e6 + Math.floor(nanos / 1000)
  if (Number.isSafeInteger(micros)) return micros
  return BigInt(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000))
}

/** A text that says a time; undefined for all else. */
export function microsOfText(text: string): number | bigint | undefined {
  const days = parseDate(text)
  if (days !== undefined) return microsOf({ seconds: days * 86_400, nanos: 0 })
  const instant = parseDateTime(text, { zoneOptional: true })
  return instant && microsOf(instant)
}

/** The cell for a record's own `_sdc_deleted_at`: set even where it cannot be read as a time, as some taps write it twice over. */
export function deletedAtCell(value: JsonValue | undefined, now: number): number | bigint | null {
  if (value === null || value === undefined || value === false || value === '') return null
  return (typeof value === 'string' ? microsOfText(value) : undefined) ?? now
}
