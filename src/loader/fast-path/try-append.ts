/** The entry of the fast path: reads RECORD lines from their bytes into column buffers. */

import type { Lines } from '../../singer/lines.ts'
import type { RecordEnvelope } from '../../singer/messages.ts'
import type { PropertyPlan } from '../tables/plan.ts'
import type { RecordRules } from '../schema/rules.ts'
import { RecordLine } from './record-line.ts'
import type { FastProperty } from './record-fields.ts'
import { RowReader } from './row-reader.ts'

/** What the fast path needs of a batch. */
interface FastBatch {
  /** The row to write. */
  readonly rowCount: number
  readonly properties: readonly {
    plan: PropertyPlan
    isKey: boolean
    /** Variant columns may be added later. */
    slots: FastProperty['slots']
  }[]
  /** False if a record with a version needs a metadata column first. */
  readonly hasVersionColumn: boolean
  /** Adds the row whose values were written at `rowCount`. */
  completeRow: (envelope: RecordEnvelope, receivedAtMs: number) => void
}

/** What the fast path needs of a stream. */
export interface FastStream {
  /** What to check; undefined if the fast path cannot check all of the SCHEMA. */
  readonly rules: RecordRules | undefined
  readonly skipsUndeclared: boolean
  readonly batch: FastBatch
  /** Counts the record whose row was added. */
  countAppended: (envelope: RecordEnvelope) => void
}

/**
 * Scratch memory, and caches of what earlier lines had in common. Shared by all loads of the
 * process: a call is synchronous, and the caches never change a result.
 */
const line = new RecordLine()
const readers = new WeakMap<FastBatch, RowReader>()

function readerOf(batch: FastBatch, rules: RecordRules): RowReader {
  const known = readers.get(batch)
  if (known) return known
  const properties = batch.properties.map(({ plan, isKey, slots }): FastProperty => {
    const isReported = !plan.type && !plan.native
    return { name: plan.property, wanted: plan.wanted, isKey, isReported, slots }
  })
  const reader = new RowReader({ tools: line.tools, properties, rules })
  readers.set(batch, reader)
  return reader
}

/**
 * Appends the record of the current line to the batch of its stream, as the slow path would.
 * Returns false, and appends nothing, if the line is not a RECORD, is invalid, or is unusual: then
 * the slow path must read it.
 * @param streams by name.
 */
export function tryAppend(
  lines: Lines,
  streams: { get: (name: string) => FastStream | undefined },
  receivedAtMs: number,
): boolean {
  const name = line.open(lines)
  const stream = name === undefined ? undefined : streams.get(name)
  if (!stream?.rules) return false
  const { batch } = stream
  const reader = readerOf(batch, stream.rules)
  try {
    reader.skipsUndeclared = stream.skipsUndeclared
    if (!reader.read(batch.rowCount)) return false
    const envelope = line.close()
    if (!envelope || (envelope.version !== undefined && !batch.hasVersionColumn)) return false
    batch.completeRow(envelope, receivedAtMs)
    stream.countAppended(envelope)
    return true
  } catch (error) {
    // The strings of the batch are too long. The row was not added.
    if (error instanceof RangeError) return false
    throw error
  }
}
