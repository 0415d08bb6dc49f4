/** The messages of one stream: its SCHEMA and its records. */

import { withoutDeselected } from '../../singer/catalog.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { RecordMessage } from '../../singer/messages.ts'
import type { LineWriter } from '../../singer/writer.ts'
import { isIncluded, isInScope } from './incremental.ts'
import type { StreamPlan } from '../plan.ts'
import { toRecord, updatedMsOf, type RecordShape } from './record.ts'
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
  #greatestMs: number | undefined
  #records: number

  constructor(plan: StreamPlan, writer: LineWriter, bounds: OutputBounds) {
    this.#plan = plan
    this.#writer = writer
    this.#bounds = bounds
    this.#greatestMs = bounds.greatestMs
    this.#records = bounds.records ?? 0
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
    { parent, isWhole = false }: { parent?: JsonObject; isWhole?: boolean } = {},
  ): Promise<void> {
    const { sinceMs, startMs = null, isUnfiltered = false, written } = this.#bounds
    const isWanted = (raw: JsonObject) =>
      isWhole || isUnfiltered ? isInScope(raw, startMs, parent) : isIncluded(raw, sinceMs, parent)
    const timeExtracted = new Date().toISOString()
    for (const raw of this.#withoutDuplicates(page)) {
      const updatedMs = updatedMsOf(raw)
      if (updatedMs !== undefined)
        this.#greatestMs = Math.max(this.#greatestMs ?? updatedMs, updatedMs)
      if (!isWanted(raw) || written?.add(raw) === false) continue
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
    const byKey = new Map<string, JsonObject>()
    for (const raw of page) {
      const key = this.#plan.definition.keyProperties
        .map((name) => printJson(raw[name] ?? null))
        .join()
      const other = byKey.get(key)
      const isNewer = other === undefined || (updatedMsOf(raw) ?? 0) >= (updatedMsOf(other) ?? 0)
      if (isNewer) byKey.set(key, raw)
    }
    return byKey.size === page.length ? page : [...byKey.values()]
  }
}

/** Writes the SCHEMA, which targets need before the first record. */
export async function writeSchema(plan: StreamPlan, writer: LineWriter): Promise<void> {
  await writer.writeMessage({
    type: 'SCHEMA',
    stream: plan.definition.id,
    schema: plan.schema,
    key_properties: [...plan.definition.keyProperties],
    bookmark_properties: [plan.definition.replicationKey],
  })
}
