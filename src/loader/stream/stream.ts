/** One stream of the input: plans its table, collects its rows, and applies its versions. */

import type { RecordEnvelope, RecordMessage, SchemaMessage } from '../../singer/messages.ts'
import type { TablePlan } from '../tables/plan.ts'
import type { Tables } from '../tables/tables.ts'
import type { RecordRules } from '../schema/rules.ts'
import { VERSION_COLUMNS, type MetadataName } from '../tables/metadata.ts'
import type { EmptyStep } from '../commit-unit.ts'
import { Batch, type Rejection } from './batch.ts'
import type { LoadConfig, StreamContext } from './context.ts'
import { RecordCheck } from './record-check.ts'
import { StepBuffer, type DrainedSteps } from './step-buffer.ts'
import { missingMetadata, retireStep } from './steps.ts'
import { VersionTracker } from './version-tracker.ts'
import { StreamWarnings } from './warnings.ts'

const TOO_LARGE: Rejection = { reason: 'the record is nested too deeply or too long' }

function emptyStepOf({ table }: TablePlan): EmptyStep {
  return { kind: 'empty', table }
}

function createBatch(context: StreamContext, plan: TablePlan): Batch {
  const { config, tables, dialect, cells, coerce, startedAtMs, now } = context
  return new Batch({
    plan,
    tables,
    dialect,
    cells,
    coerce,
    mergesKeys: config.load_method !== 'append-only',
    deletesMarked: config.hard_delete,
    syncStartedAt: startedAtMs,
    batchedAt: now(),
  })
}

/** Plans the stream's table. Nothing is created before the next commit. */
export async function planStream(
  tables: Tables,
  config: LoadConfig,
  schema: SchemaMessage,
): Promise<TablePlan> {
  return tables.plan(schema, { mergesKeys: config.load_method === 'upsert' })
}

export class StreamLoad {
  readonly name: string
  readonly #context: StreamContext
  readonly #warnings: StreamWarnings
  readonly #versions = new VersionTracker()
  readonly #buffer: StepBuffer
  #plan: TablePlan
  #check: RecordCheck

  private constructor(context: StreamContext, schema: SchemaMessage, plan: TablePlan) {
    this.name = schema.stream
    this.#context = context
    this.#warnings = new StreamWarnings(context.logger, schema.stream)
    this.#plan = plan
    this.#check = new RecordCheck(context, schema)
    const emptyStep = context.config.load_method === 'overwrite' ? emptyStepOf(plan) : undefined
    const newBatch = () => createBatch(this.#context, this.#plan)
    this.#buffer = new StepBuffer({ createBatch: newBatch, emptyStep })
  }

  /** Plans the stream's table. Nothing is created before the next commit. */
  static async create(context: StreamContext, schema: SchemaMessage): Promise<StreamLoad> {
    const { tables, config } = context
    return new StreamLoad(context, schema, await planStream(tables, config, schema))
  }

  /** Continues with another SCHEMA. No rows may be waiting. */
  async changeSchema(schema: SchemaMessage): Promise<void> {
    const { tables, config } = this.#context
    this.#warnings.checkKeys(this.#plan.keyProperties, schema.key_properties)
    const mergesKeys = config.load_method === 'upsert' || this.#buffer.hasEmptied
    this.#plan = await tables.plan(schema, { mergesKeys })
    this.#check = new RecordCheck(this.#context, schema)
    this.#buffer.dropEmptyBatch()
  }

  get keyProperties(): readonly string[] {
    return this.#plan.keyProperties
  }

  /** What the fast path has to check; undefined if the SCHEMA needs the full check. */
  get rules(): RecordRules | undefined {
    return this.#check.rules
  }

  /** Whether undeclared properties may be skipped, because the warning was logged. */
  get skipsUndeclared(): boolean {
    return this.#warnings.hasUndeclared
  }

  /** The batch that takes the next row. */
  get batch(): Batch {
    return this.#buffer.batch
  }

  /** `_sdc_` columns that the record needs and the table's plan lacks. */
  missingMetadata(message: RecordMessage): readonly MetadataName[] {
    return missingMetadata(message, this.#plan, this.#context.config)
  }

  async addMetadata(names: readonly MetadataName[]): Promise<void> {
    if (names.length === 0) return
    await this.#context.tables.addMetadata(this.#plan, names)
    this.#buffer.openBatch?.addMetadata()
    this.#warnings.metadataAdded(names)
  }

  /** Counts a record whose row the fast path has added to the batch. */
  countAppended(envelope: RecordEnvelope): void {
    this.#versions.noteRecord(envelope.version, this.#context.stateCount)
    this.#buffer.countRecord()
  }

  /** Adds the record to the batch, or returns why it cannot be loaded. */
  add(message: RecordMessage, receivedAtMs: number): Rejection | undefined {
    this.#versions.noteRecord(message.version, this.#context.stateCount)
    if (!this.#warnings.hasUndeclared) this.#warnings.checkUndeclared(message.record, this.#check)
    const { batch } = this.#buffer
    try {
      const error = this.#check.validate(message.record)
      if (error !== undefined) return { reason: error }
      const rejection = batch.add(message, receivedAtMs)
      if (!rejection) this.#buffer.countRecord()
      return rejection
    } catch (error) {
      if (error instanceof RangeError) return TOO_LARGE
      throw error
    }
  }

  /** Handles ACTIVATE_VERSION: retires rows of earlier versions, after the rows that wait. */
  async activate(version: number): Promise<void> {
    if (!this.#context.config.process_activate_version_messages) return
    const activation = this.#versions.activate(version)
    if (activation === 'ignore') {
      this.#warnings.versionIgnored('no-version')
      return
    }
    await this.addMetadata(VERSION_COLUMNS.filter((name) => !this.#plan.metadata.has(name)))
    if (activation === 'apply') this.#retire(version)
  }

  #retire(version: number): void {
    const step = retireStep(this.#plan, version, this.#context)
    if (step) this.#buffer.push(step)
  }

  /** To be called when the input has ended successfully: applies what was deferred. */
  finish(): void {
    const deferred = this.#versions.finish(this.#context.stateCount)
    if (deferred?.activation === 'apply') this.#retire(deferred.version)
    else if (deferred) this.#warnings.versionIgnored('cut-off')
    this.#buffer.emptyOnce()
  }

  /** Returns the steps that wait, in order, and counts of what they load. */
  drain(): DrainedSteps & { name: string } {
    return { name: this.name, ...this.#buffer.drain() }
  }
}
