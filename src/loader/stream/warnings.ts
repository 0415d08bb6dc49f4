/** The warnings of a stream. */

import type { Logger } from '../../logger.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { MetadataName } from '../tables/metadata.ts'
import type { RecordCheck } from './record-check.ts'

const IGNORED_BECAUSE = {
  'no-version': 'Ignored ACTIVATE_VERSION, because the stream has records without a version.',
  'cut-off': 'Ignored ACTIVATE_VERSION, because no STATE came after the last record of the stream.',
}

export class StreamWarnings {
  readonly #logger: Logger
  readonly #stream: string
  #hasUndeclared = false

  constructor(logger: Logger, stream: string) {
    this.#logger = logger
    this.#stream = stream
  }

  checkKeys(before: readonly string[], keys: readonly string[]): void {
    if (keys.join('\n') === before.join('\n')) return
    this.#logger.warn(
      'key_properties_changed',
      'The key properties of a stream changed. Existing rows are not changed.',
      { stream: this.#stream, key_properties: keys.join(', ') },
    )
  }

  metadataAdded(names: readonly MetadataName[]): void {
    this.#logger.warn(
      'metadata_columns_added',
      'Added metadata columns that versions and deletions need, although add_record_metadata is off.',
      { stream: this.#stream, columns: names.join(', ') },
    )
  }

  /** Whether a record with an undeclared property was found. One warning per stream is enough. */
  get hasUndeclared(): boolean {
    return this.#hasUndeclared
  }

  checkUndeclared(record: JsonObject, check: RecordCheck): void {
    const property = check.findUndeclared(record)
    if (property === undefined) return
    this.#hasUndeclared = true
    this.#logger.warn(
      'properties_undeclared',
      'Records have properties that their SCHEMA does not declare. These are not loaded.',
      { stream: this.#stream, property },
    )
  }

  versionIgnored(reason: keyof typeof IGNORED_BECAUSE): void {
    this.#logger.warn('activate_version_ignored', IGNORED_BECAUSE[reason], {
      stream: this.#stream,
    })
  }
}
