/** One stream of the input: its plan, its waiting rows, and which versions of its table have been seen. */

import type { Logger } from '../logger.ts'
import type { JsonObject } from '../singer/json.ts'
import type { RecordMessage, SchemaMessage } from '../singer/messages.ts'
import type { TargetConfig } from '../schemas.generated.ts'
import { Batch, type Rejection } from './batch.ts'
import type { CellStore } from './columns/cell-store.ts'
import type { CoerceContext } from './values/coerce.ts'
import type { Envelope, RecordLine } from './fast-path/record-line.ts'
import type { RecordRules } from './schema/rules.ts'
import { VERSION_COLUMNS, type MetadataName } from './tables/metadata.ts'
import { declaredProperties, type TablePlan } from './plan.ts'
import type { Tables } from './tables/tables.ts'
import type { Validate, Validators } from './schema/validate.ts'
import type { Step } from './warehouse.ts'
import type { Dialect } from './dialect.ts'

export type LoadConfig = Required<Omit<TargetConfig, 'default_target_schema' | 'warehouse_url'>>

/** What all streams of a run share. */
export interface StreamContext {
  config: LoadConfig
  dialect: Dialect
  cells: CellStore
  tables: Tables
  validators: Validators
  coerce: CoerceContext
  logger: Logger
  /** When the run began, in milliseconds since the epoch. */
  startedAtMs: number
  /** Milliseconds since the epoch. */
  now: () => number
  /** STATE messages so far. */
  stateCount: number
}

export class StreamLoad {
  readonly #context: StreamContext
  readonly name: string
  #schema: SchemaMessage
  #plan: TablePlan
  #validate: Validate
  /** For reading records from their bytes; undefined where only the whole check will do. */
  #direct: { rules: RecordRules | undefined } | undefined
  #properties: Set<string>
  #batch: Batch | undefined
  #steps: Step[] = []
  /** Rows in `#steps`. */
  #sealedRows = 0
  /** Records that were added since the last `take`. */
  #takenRecords = 0
  #recordCount = 0
  /** STATE messages that had come before the last record. */
  #statesBeforeLast = 0
  #hasUnknown = false
  #hasUnversioned = false
  #isEmptied = false
  readonly #versions = new Set<number>()
  #waitingVersion: number | undefined

  private constructor(context: StreamContext, schema: SchemaMessage, plan: TablePlan) {
    this.#context = context
    this.name = schema.stream
    this.#schema = schema
    this.#plan = plan
    this.#validate = this.#validator(schema)
    this.#direct = this.#directRules(schema)
    this.#properties = new Set(Object.keys(declaredProperties(schema)))
  }

  static async create(context: StreamContext, schema: SchemaMessage): Promise<StreamLoad> {
    const mergesKeys = context.config.load_method === 'upsert'
    return new StreamLoad(context, schema, await context.tables.plan(schema, { mergesKeys }))
  }

  /** Goes on under another SCHEMA; nothing may be waiting. */
  async change(schema: SchemaMessage): Promise<void> {
    const { logger, tables, config } = this.#context
    const keys = schema.key_properties
    if (keys.join('\n') !== this.#schema.key_properties.join('\n')) {
      logger.warn(
        'key_properties_changed',
        'The key properties of a stream changed; rows that are there stay as they are.',
        {
          stream: this.name,
          key_properties: keys.join(', '),
        },
      )
    }
    this.#schema = schema
    const mergesKeys = config.load_method === 'upsert' || this.#isEmptied
    this.#plan = await tables.plan(schema, { mergesKeys })
    this.#validate = this.#validator(schema)
    this.#direct = this.#directRules(schema)
    this.#properties = new Set(Object.keys(declaredProperties(schema)))
    this.#batch = undefined
  }

  #validator(schema: SchemaMessage): Validate {
    if (!this.#context.config.validate_records) return () => undefined
    return this.#context.validators.validatorFor(schema)
  }

  #directRules(schema: SchemaMessage): { rules: RecordRules | undefined } | undefined {
    if (!this.#context.config.validate_records) return { rules: undefined }
    const rules = this.#context.validators.rulesFor(schema)
    return rules && { rules }
  }

  get keyProperties(): readonly string[] {
    return this.#plan.keyProperties
  }

  /** `_sdc_` columns that the record needs although `add_record_metadata` is off. */
  missingMetadata(message: RecordMessage): MetadataName[] {
    const { config } = this.#context
    if (config.add_record_metadata) return []
    const wanted: MetadataName[] = []
    const hasVersion = message.version !== undefined && config.process_activate_version_messages
    if (hasVersion) wanted.push(...VERSION_COLUMNS)
    const deletedAt = message.record['_sdc_deleted_at'] ?? null
    if (config.hard_delete && deletedAt !== null) wanted.push('_sdc_deleted_at')
    return wanted.filter((name) => !this.#plan.metadata.has(name))
  }

  async addMetadata(names: readonly MetadataName[]): Promise<void> {
    if (names.length === 0) return
    await this.#context.tables.addMetadata(this.#plan, names)
    this.#batch?.addMetadata()
    this.#context.logger.warn(
      'metadata_columns_added',
      'Columns that versions need were added, though add_record_metadata is off.',
      {
        stream: this.name,
        columns: names.join(', '),
      },
    )
  }

  /**
   * Adds the record of the line that is open, without making a value of it. False, and nothing was added, where the line has to be read
   * as a message, for `add`.
   */
  addLine(line: RecordLine, receivedAtMs: number): boolean {
    if (!this.#direct) return false
    this.#batch ??= this.#newBatch()
    this.#context.coerce.mayNeedCleaning = false
    try {
      const envelope = this.#batch.addLine(line, receivedAtMs)
      if (!envelope) return false
      this.#note(envelope)
      this.#takenRecords++
      return true
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
  }

  #note({ version }: Envelope): void {
    this.#recordCount++
    this.#statesBeforeLast = this.#context.stateCount
    if (version === undefined) this.#hasUnversioned = true
    else this.#versions.add(version)
  }

  /** Adds the record to the waiting rows, or says why it cannot be loaded. */
  add(message: RecordMessage, receivedAtMs: number): Rejection | undefined {
    this.#note(message)
    this.#warnOfUnknown(message.record)
    this.#batch ??= this.#newBatch()
    try {
      const fault = this.#validate(message.record)
      if (fault !== undefined) return { reason: fault }
      const rejection = this.#batch.add(message, receivedAtMs)
      if (!rejection) this.#takenRecords++
      return rejection
    } catch (error) {
      if (error instanceof RangeError)
        return { reason: 'the record is nested too deeply or too long' }
      throw error
    }
  }

  #newBatch(): Batch {
    const { config, tables, dialect, cells, coerce, startedAtMs, now } = this.#context
    return new Batch({
      plan: this.#plan,
      tables,
      dialect,
      cells,
      coerce,
      mergesKeys: config.load_method !== 'append-only',
      deletesMarked: config.hard_delete,
      syncStartedAt: startedAtMs,
      batchedAt: now(),
      rules: this.#direct?.rules,
      ignoresUnknown: () => this.#hasUnknown,
    })
  }

  #warnOfUnknown(record: JsonObject): void {
    if (this.#hasUnknown) return
    const unknown = Object.keys(record).find(
      (name) => !this.#properties.has(name) && !name.startsWith('_sdc_'),
    )
    if (unknown === undefined) return
    this.#hasUnknown = true
    this.#context.logger.warn(
      'properties_undeclared',
      'Records have properties that their SCHEMA does not know; these are not loaded.',
      {
        stream: this.name,
        property: unknown,
      },
    )
  }

  /**
   * Takes older versions out of the table: behind the rows that wait, or, for a version of which no record came yet, when the input
   * has ended well. A tap that sends ACTIVATE_VERSION first may still die before it has sent the rows.
   */
  async activate(version: number): Promise<void> {
    const { config, logger } = this.#context
    if (!config.process_activate_version_messages) return
    if (this.#hasUnversioned) {
      logger.warn(
        'activate_version_ignored',
        'ACTIVATE_VERSION was left out: records of the stream came without a version.',
        {
          stream: this.name,
        },
      )
      return
    }
    await this.addMetadata(VERSION_COLUMNS.filter((name) => !this.#plan.metadata.has(name)))
    if (!this.#versions.has(version)) {
      this.#waitingVersion = version
      return
    }
    this.#retire(version)
  }

  #retire(version: number): void {
    const { config, now } = this.#context
    const column = this.#plan.metadata.get('_sdc_table_version')
    const mark = this.#plan.metadata.get('_sdc_deleted_at')
    if (column === undefined) return
    const foreign = [column.foreign, mark?.foreign].filter((found) => found !== undefined)
    this.#waitingVersion = undefined
    this.#seal()
    this.#steps.push({
      kind: 'retire',
      table: this.#plan.table,
      version,
      versionColumn: column.column,
      markColumn: config.hard_delete ? undefined : mark?.column,
      atMicros: now() * 1000,
      ...(foreign.length > 0 && { foreign }),
    })
  }

  /** The input has ended well: what was put off is done now. */
  finish(): void {
    if (this.#waitingVersion !== undefined) this.#finishVersion(this.#waitingVersion)
    this.#empty()
  }

  /** A tap that wrote STATE, and none behind the stream's last record, stopped in the middle of the stream. */
  #finishVersion(version: number): void {
    const { stateCount, logger } = this.#context
    const isCut = this.#recordCount > 0 && stateCount > 0 && stateCount === this.#statesBeforeLast
    if (!isCut) {
      this.#retire(version)
      return
    }
    logger.warn(
      'activate_version_ignored',
      'ACTIVATE_VERSION was left out: no STATE came behind the last record of the stream.',
      {
        stream: this.name,
      },
    )
  }

  #empty(): void {
    if (this.#context.config.load_method !== 'overwrite' || this.#isEmptied) return
    this.#isEmptied = true
    this.#steps.push({ kind: 'empty', table: this.#plan.table })
  }

  #seal(): void {
    if (!this.#batch || this.#batch.rowCount === 0) return
    this.#empty()
    this.#sealedRows += this.#batch.rowCount
    this.#steps.push(this.#batch.seal())
    this.#batch = undefined
  }

  /** Everything that waits, in order; how many records it comes from, and how many rows they make. */
  take(): { name: string; steps: Step[]; records: number; rows: number } {
    this.#seal()
    const { name } = this
    const taken = { name, steps: this.#steps, records: this.#takenRecords, rows: this.#sealedRows }
    this.#steps = []
    this.#sealedRows = 0
    this.#takenRecords = 0
    return taken
  }
}
