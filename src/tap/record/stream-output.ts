/** The messages of one stream: its SCHEMA and its records. */

import { withoutDeselected } from '../../singer/catalog.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { RecordMessage } from '../../singer/messages.ts'
import type { LineWriter } from '../../singer/writer.ts'
import { isIncluded, isInScope, timesOf } from './incremental.ts'
import type { StreamDefinition } from '../../streams/definition.ts'
import type { StreamPlan } from '../plan.ts'
import { positionMsOf, toRecord, type RecordShape } from './record.ts'
import type { WrittenRows } from './written-rows.ts'

export interface OutputBounds {
  /** Start of the incremental read; undefined if every object is written. */
  sinceMs?: number
  /** Start of the first sync; older objects are out of scope. Null or undefined: none is. */
  startMs?: number | null
  /** Everything in scope is written. */
  isUnfiltered?: boolean
  /** Table version of a FULL_TABLE read. */
  version?: number
  /** Greatest replication key value of an earlier part of the same read. */
  greatestMs?: number
  /** Records that an earlier part of the same read wrote. */
  records?: number
  /** Rows that are not written again. */
  written?: WrittenRows
}

/**
 * Writes the records of one stream, and keeps the greatest replication key value of all objects.
 */
export class StreamOutput {
  readonly #plan: StreamPlan
  readonly #writer: LineWriter
  readonly #bounds: OutputBounds
  readonly #shape: RecordShape
  /** The replication key is the time of the sync, which may be rounded down to before its start. */
  readonly #isAlwaysNew: boolean
  #greatestMs: number | undefined
  #records: number

  constructor(plan: StreamPlan, writer: LineWriter, bounds: OutputBounds) {
    this.#plan = plan
    this.#writer = writer
    this.#bounds = bounds
    this.#greatestMs = bounds.greatestMs
    this.#records = bounds.records ?? 0
    const { replicationKey, readAtField } = plan.definition
    this.#isAlwaysNew = replicationKey !== undefined && replicationKey === readAtField
    this.#shape = {
      stream: plan.definition.id,
      schema: plan.schema,
      keyProperties: plan.definition.keyProperties,
    }
  }

  get greatestMs(): number | undefined {
    return this.#greatestMs
  }

  /** Records that were written. */
  get records(): number {
    return this.#records
  }

  /**
   * Writes the objects of a page that the read includes; with `isWhole`, all that are in scope.
   * Throws BAD_RESPONSE for an object without its key properties.
   */
  async writePage(
    page: readonly JsonObject[],
    { parentCreatedMs, isWhole = false }: { parentCreatedMs?: number; isWhole?: boolean } = {},
  ): Promise<void> {
    const { sinceMs, startMs = null, isUnfiltered = false, written } = this.#bounds
    const isFiltered = !isWhole && !isUnfiltered
    const timeExtracted = new Date().toISOString()
    for (const raw of this.#withoutDuplicates(page)) {
      const times = timesOf(raw, this.#plan.definition, parentCreatedMs)
      const { positionMs } = times
      if (positionMs !== undefined)
        this.#greatestMs = Math.max(this.#greatestMs ?? positionMs, positionMs)
      const isWanted = isFiltered ? isIncluded(times, sinceMs) : isInScope(times, startMs)
      if (!(isWanted || this.#isAlwaysNew) || written?.add(raw) === false) continue
      await this.#writeRecord(raw, timeExtracted)
    }
  }

  async #writeRecord(raw: JsonObject, timeExtracted: string): Promise<void> {
    // First, so that no deselected value moves to additional_fields; then again for objects that
    // the API sends as strings. Neither copies anything if nothing is deselected.
    const record = this.#selected(toRecord(this.#selected(raw), this.#shape))
    const message: RecordMessage = {
      type: 'RECORD',
      stream: this.#plan.definition.id,
      record,
      ...(this.#bounds.version !== undefined && { version: this.#bounds.version }),
      time_extracted: timeExtracted,
    }
    await this.#writer.writeMessage(message)
    this.#records++
  }

  #selected(object: JsonObject): JsonObject {
    return withoutDeselected(object, this.#plan.fullSchema, this.#plan.schema)
  }

  /**
   * Of objects with the same key in one page: the one that was updated last, else the later one.
   */
  #withoutDuplicates(page: readonly JsonObject[]): readonly JsonObject[] {
    const { replicationKey } = this.#plan.definition
    const positionOf = (raw: JsonObject) => positionMsOf(raw, replicationKey) ?? 0
    const byKey = new Map<string, JsonObject>()
    for (const raw of page) {
      const key = keyTextOf(raw, this.#plan.definition)
      const other = byKey.get(key)
      const isNewer = other === undefined || positionOf(raw) >= positionOf(other)
      if (isNewer) byKey.set(key, raw)
    }
    return byKey.size === page.length ? page : [...byKey.values()]
  }
}

/** The values of the key properties. Two rows of a stream are the same row if it is equal. */
export function keyTextOf(
  raw: JsonObject,
  { keyProperties }: Pick<StreamDefinition, 'keyProperties'>,
): string {
  return keyProperties.map((name) => printJson(raw[name] ?? null)).join()
}

/** Writes the SCHEMA, which targets need before the first record. */
export async function writeSchema(plan: StreamPlan, writer: LineWriter): Promise<void> {
  const { id, keyProperties, replicationKey } = plan.definition
  await writer.writeMessage({
    type: 'SCHEMA',
    stream: id,
    schema: plan.schema,
    key_properties: [...keyProperties],
    ...(replicationKey !== undefined && { bookmark_properties: [replicationKey] }),
  })
}
