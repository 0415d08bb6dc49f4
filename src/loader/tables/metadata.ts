/** The `_sdc_` columns: names and types as in the Meltano SDK, times with their zone. */

import type { JsonValue } from '../../singer/json.ts'
import type { ColumnType } from '../schema/types.ts'
import { parseMicros } from '../values/micros.ts'

export const METADATA_COLUMNS = {
  /** When the tap read the record: `time_extracted`. */
  _sdc_extracted_at: { kind: 'timestamp' },
  /** When the target read the record. */
  _sdc_received_at: { kind: 'timestamp' },
  /** When the target started the batch. */
  _sdc_batched_at: { kind: 'timestamp' },
  /** When the row was found to be deleted at the source; null for other rows. */
  _sdc_deleted_at: { kind: 'timestamp' },
  /** Milliseconds since the epoch when the target read the record. */
  _sdc_sequence: { kind: 'integer' },
  /** `version` of the record. */
  _sdc_table_version: { kind: 'integer' },
  /** Milliseconds since the epoch when the run started. */
  _sdc_sync_started_at: { kind: 'integer' },
} as const satisfies Record<string, ColumnType>

export type MetadataName = keyof typeof METADATA_COLUMNS

/** The comments of the columns. */
export const METADATA_COMMENTS: Record<MetadataName, string> = {
  _sdc_extracted_at: 'When the tap read the record.',
  _sdc_received_at: 'When the target read the record.',
  _sdc_batched_at: 'When the batch began.',
  _sdc_deleted_at: 'When the row was found to be deleted at the source. Null for a live row.',
  _sdc_sequence: 'Milliseconds since 1970 when the target read the record.',
  _sdc_table_version: 'Version of the full refresh that wrote the row.',
  _sdc_sync_started_at: 'Milliseconds since 1970 when the run began.',
}

export const METADATA_NAMES = Object.keys(METADATA_COLUMNS) as MetadataName[]

/** The columns that ACTIVATE_VERSION reads and writes. */
export const VERSION_COLUMNS: readonly MetadataName[] = ['_sdc_deleted_at', '_sdc_table_version']

export function isMetadataName(name: string): name is MetadataName {
  return Object.hasOwn(METADATA_COLUMNS, name)
}

/** Whether the loader fills the column itself, even when the SCHEMA declares it. */
export function isFilledByLoader(name: string, addsMetadata: boolean): boolean {
  return isMetadataName(name) && (addsMetadata || name === '_sdc_deleted_at')
}

/**
 * Returns the `_sdc_` columns that a table needs for a SCHEMA. A table needs at least one column.
 */
export function wantedMetadata(
  declared: readonly string[],
  addsMetadata: boolean,
): readonly MetadataName[] {
  if (addsMetadata) return METADATA_NAMES
  if (declared.includes('_sdc_deleted_at')) return ['_sdc_deleted_at']
  return declared.length === 0 ? ['_sdc_received_at'] : []
}

/**
 * Returns the cell for a record's own `_sdc_deleted_at`.
 * An unreadable time counts as `now`, because some taps write the zone twice.
 */
export function deletedAtCell(value: JsonValue | undefined, now: number): number | bigint | null {
  if (value === null || value === undefined || value === false || value === '') return null
  return (typeof value === 'string' ? parseMicros(value) : undefined) ?? now
}
