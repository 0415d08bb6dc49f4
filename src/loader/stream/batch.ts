/** Rows of one stream that wait for a commit, column by column. The last record of a key wins. */

import type { RecordEnvelope, RecordMessage } from '../../singer/messages.ts'
import type { JsonValue } from '../../singer/json.ts'
import { KeyIndex } from '../columns/keys.ts'
import { MetadataCells } from './metadata-cells.ts'
import type { KeyColumn, WriteStep } from '../commit-unit.ts'
import { RowWriter, type PropertySlots, type RowWriterOptions } from './row-writer.ts'

export interface BatchOptions extends RowWriterOptions {
  /** False for append-only: then rows with the same key are all kept. */
  mergesKeys: boolean
  /** Whether a record with `_sdc_deleted_at` removes the row with its key. */
  deletesMarked: boolean
  /** When the run began, in milliseconds since the epoch. */
  syncStartedAt: number
  /** When the batch was begun, in milliseconds since the epoch. */
  batchedAt: number
}

/** Why a record cannot be loaded, without any of its values. */
export interface Rejection {
  reason: string
}

function keyColumn({ plan, slots }: PropertySlots): KeyColumn[] {
  if (plan.native) return [{ column: plan.column, isNullable: false }]
  return slots.map((slot) => ({ column: slot.name, isNullable: slots.length > 1 }))
}

export class Batch {
  readonly #options: BatchOptions
  readonly #writer: RowWriter
  readonly #metadata: MetadataCells
  readonly #keys: KeyIndex | undefined
  #rowCount = 0

  constructor(options: BatchOptions) {
    this.#options = options
    this.#metadata = new MetadataCells(options)
    this.#writer = new RowWriter(options)
    const isKeyed = options.mergesKeys && options.plan.keyProperties.length > 0
    this.#keys = isKeyed ? new KeyIndex() : undefined
    this.addMetadata()
  }

  /** Rows so far. This is also the number of the next row. */
  get rowCount(): number {
    return this.#rowCount
  }

  get properties(): readonly PropertySlots[] {
    return this.#writer.properties
  }

  /** Whether the `version` of a record has a column. */
  get hasVersionColumn(): boolean {
    return this.#metadata.hasVersion
  }

  /** Adds `_sdc_` columns that are new in the plan. Rows so far are null there. */
  addMetadata(): void {
    const { columns, foreign } = this.#metadata.add(this.#options.plan)
    this.#writer.addColumns(columns, foreign)
  }

  /**
   * Adds the record, or returns why it cannot be loaded, and then adds nothing.
   * @param receivedAt milliseconds since the epoch.
   */
  add(message: RecordMessage, receivedAt: number): Rejection | undefined {
    const reason = this.#writer.write(message.record, this.#rowCount)
    if (reason !== undefined) return { reason }
    this.completeRow(message, receivedAt, message.record['_sdc_deleted_at'])
    return undefined
  }

  /**
   * Adds the row whose values were written at `rowCount`. It replaces an earlier row with its key.
   * @param receivedAt milliseconds since the epoch.
   * @param deletedAt the record's `_sdc_deleted_at`.
   */
  completeRow(envelope: RecordEnvelope, receivedAt: number, deletedAt?: JsonValue): void {
    const row = this.#rowCount
    this.#metadata.write(row, envelope, { receivedAt, deletedAt })
    const earlier = this.#keys?.findOrAdd(row, this.#writer.keyCells)
    if (earlier === undefined) this.#rowCount++
    else this.#writer.copyRow(row, earlier)
  }

  /** Returns the step that writes the rows. The batch must not be used afterwards. */
  seal(): WriteStep {
    const { plan, deletesMarked, mergesKeys } = this.#options
    const writer = this.#writer
    const keys = mergesKeys ? writer.keyProperties.flatMap(keyColumn) : []
    const deletes = deletesMarked && this.#metadata.hasDeleted && keys.length > 0
    const foreign = writer.foreignColumns()
    return {
      kind: 'write',
      table: plan.table,
      columns: writer.columns.map(({ name, type, cells }) => ({ name, type, cells })),
      ...(foreign.length > 0 && { foreign }),
      rowCount: this.#rowCount,
      keys,
      deleteWhereSet: deletes ? plan.metadata.get('_sdc_deleted_at')?.column : undefined,
    }
  }
}
