/** Writes the cells of the `_sdc_` columns of a batch. */

import type { JsonValue } from '../../singer/json.ts'
import type { CellStore } from '../columns/cell-store.ts'
import type { RecordEnvelope } from '../../singer/messages.ts'
import { deletedAtCell, METADATA_COLUMNS, type MetadataName } from '../tables/metadata.ts'
import { parseMicros } from '../values/micros.ts'
import type { TablePlan } from '../tables/plan.ts'
import type { Cell } from '../schema/types.ts'
import type { ColumnData, ForeignColumn } from '../commit-unit.ts'

export interface MetadataOptions {
  cells: CellStore
  /** When the run started, in milliseconds since the epoch. */
  syncStartedAt: number
  /** When the batch started, in milliseconds since the epoch. */
  batchedAt: number
}

/** Facts about a row that are not in the record's envelope. */
interface RowFacts {
  /** Milliseconds since the epoch. */
  receivedAt: number
  deletedAt: JsonValue | undefined
}

export class MetadataCells {
  /** Whether any row is deleted. */
  hasDeleted = false
  readonly #options: MetadataOptions
  readonly #columns = new Map<MetadataName, ColumnData>()
  #lastExtractedAt: [string | undefined, Cell] = [undefined, null]

  constructor(options: MetadataOptions) {
    this.#options = options
  }

  get hasVersion(): boolean {
    return this.#columns.has('_sdc_table_version')
  }

  /** Adds the columns of the plan that are new, and returns them. */
  add({ metadata }: TablePlan): { columns: ColumnData[]; foreign: ForeignColumn[] } {
    const added: { columns: ColumnData[]; foreign: ForeignColumn[] } = { columns: [], foreign: [] }
    for (const [name, { column, foreign }] of metadata) {
      if (this.#columns.has(name)) continue
      const type = METADATA_COLUMNS[name]
      const at = foreign?.variants[0]?.name ?? column
      const data = { name: at, type, cells: this.#options.cells.take(type) }
      this.#columns.set(name, data)
      added.columns.push(data)
      if (foreign) added.foreign.push(foreign)
    }
    return added
  }

  write(row: number, envelope: RecordEnvelope, facts: RowFacts): void {
    for (const [name, column] of this.#columns) {
      const cell = this.#cell(name, envelope, facts)
      if (name === '_sdc_deleted_at' && cell !== null) this.hasDeleted = true
      column.cells.set(row, cell)
    }
  }

  #cell(name: MetadataName, envelope: RecordEnvelope, { receivedAt, deletedAt }: RowFacts): Cell {
    switch (name) {
      case '_sdc_extracted_at':
        return this.#extractedAt(envelope.time_extracted)
      case '_sdc_received_at':
        return receivedAt * 1000
      case '_sdc_batched_at':
        return this.#options.batchedAt * 1000
      case '_sdc_deleted_at':
        return deletedAtCell(deletedAt, receivedAt * 1000)
      case '_sdc_sequence':
        return receivedAt
      case '_sdc_table_version':
        return envelope.version ?? null
      case '_sdc_sync_started_at':
        return this.#options.syncStartedAt
    }
  }

  /** Caches the last time, because records that were read together share it. */
  #extractedAt(text: string | undefined): Cell {
    if (text === undefined) return null
    if (this.#lastExtractedAt[0] !== text) this.#lastExtractedAt = [text, parseMicros(text) ?? null]
    return this.#lastExtractedAt[1]
  }
}
