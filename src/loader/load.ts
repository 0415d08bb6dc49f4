/**
 * The message loop. Records wait in batches until a limit is reached or the input ends; then everything that waits, of all streams,
 * is committed together with the latest STATE, and only after that is the STATE written.
 */

import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { printJson } from '../singer/json.ts'
import type { Message, RecordMessage, SchemaMessage, StateMessage } from '../singer/messages.ts'
import { readLines, type Lines } from '../singer/lines.ts'
import { readMessage, type InputLine, type UnknownMessage } from '../singer/reader.ts'
import type { LineWriter } from '../singer/writer.ts'
import { CommitQueue, type LoadTotals, type QueueOptions } from './commit/commit-queue.ts'
import { RecordLine } from './fast-path/record-line.ts'
import { IdleWait } from './idle.ts'
import { LEDGER_COLUMNS } from './commit/ledger.ts'
import { checkPrefix } from './tables/names.ts'
import { rejectKey, RejectList, REJECTS_COLUMNS, REJECTS_TABLE } from './commit/rejects.ts'
import { withRetries } from './commit/retry.ts'
import { assertStart } from './run-start.ts'
import { StreamLoad, type LoadConfig, type StreamContext } from './stream.ts'
import { Tables } from './tables/tables.ts'
import { StringCleaner } from './values/text.ts'
import { Validators } from './schema/validate.ts'
import { LEDGER_TABLE, type Warehouse } from './warehouse.ts'

export interface LoadOptions extends Pick<QueueOptions, 'start'> {
  input: AsyncIterable<Buffer>
  /** Takes the STATE lines and nothing else. */
  output: LineWriter
  /** Open. */
  warehouse: Warehouse
  config: LoadConfig
  logger: Logger
  /** When aborted, what has arrived whole is committed and `signal.reason` is thrown. */
  signal: AbortSignal
  runId: string
  /** Milliseconds since the epoch. */
  now: () => number
}

/**
 * Loads the input to its end. When it returns, every record is committed and the last STATE is written. When it throws, what was
 * committed stays, its STATE was written, and nothing after it.
 */
export async function load(options: LoadOptions): Promise<LoadTotals> {
  const { warehouse, config, logger, signal } = options
  checkPrefix(config.table_prefix, warehouse.dialect)
  const ledgerTable = config.table_prefix + LEDGER_TABLE
  const rejectsTable = config.table_prefix + REJECTS_TABLE
  const questions = withRetries(warehouse, { logger, signal })
  const tables = new Tables(questions, await questions.describe(config.table_prefix), {
    prefix: config.table_prefix,
    addsMetadata: config.add_record_metadata,
    ownTables: [ledgerTable, rejectsTable],
    logger,
  })
  await tables.planOwnTable(ledgerTable, LEDGER_COLUMNS)
  const { newest } = assertStart(options.start, await questions.lastLoads(ledgerTable))
  const queue = new CommitQueue({
    ...options,
    ledgerTable,
    lastLoadNumber: newest?.loadNumber ?? 0,
  })
  const loader = new Loader(options, tables, queue)
  const idle = new IdleWait(signal)
  try {
    await loader.run(idle)
  } finally {
    idle.release()
    await queue.settle().catch(() => undefined)
  }
  signal.throwIfAborted()
  return queue.totals
}

class Loader {
  readonly #options: LoadOptions
  readonly #tables: Tables
  readonly #queue: CommitQueue
  readonly #context: StreamContext
  readonly #streams = new Map<string, { load: StreamLoad; schemaText: string }>()
  readonly #unknownTypes = new Set<string>()
  readonly #rejects: RejectList
  readonly #recordLine = new RecordLine()
  #badLines = 0
  #state: string | undefined
  #waitingRows = 0
  #waitingBytes = 0
  /** When the oldest thing that waits for a commit arrived, in monotonic time: the clock may be set. */
  #waitingSince: number | undefined

  constructor(options: LoadOptions, tables: Tables, queue: CommitQueue) {
    const { config, warehouse, logger, now } = options
    this.#options = options
    this.#tables = tables
    this.#queue = queue
    this.#rejects = new RejectList(config.on_invalid_record === 'fail', logger)
    this.#context = {
      config,
      tables,
      logger,
      now,
      dialect: warehouse.dialect,
      cells: queue.cells,
      validators: new Validators(),
      startedAtMs: now(),
      stateCount: 0,
      coerce: {
        cleaner: new StringCleaner(warehouse.dialect.holdsNul),
        mayNeedCleaning: false,
        isNumberExact: warehouse.dialect.isNumberExact,
        numberDigits: warehouse.dialect.numberDigits,
      },
    }
  }

  async run(idle: IdleWait): Promise<void> {
    const { input, logger, signal } = this.#options
    const chunks = readLines(input)
    let next = chunks.next()
    for (;;) {
      // When the run stops, nobody waits for it any more.
      next.catch(() => undefined)
      const result = await idle.wait(next, this.#idleMs())
      if (signal.aborted) break
      if (result === 'idle') {
        await this.#commit()
        continue
      }
      if (result.done) break
      await this.#takeLines(result.value)
      next = chunks.next()
    }
    if (!signal.aborted) for (const { load: stream } of this.#streams.values()) stream.finish()
    await this.#commit()
    await this.#queue.settle()
    const replaced = this.#context.coerce.cleaner.replacedCount
    if (replaced > 0 || this.#badLines > 0) {
      logger.warn(
        'characters_replaced',
        'Text that the warehouse cannot hold was replaced by U+FFFD.',
        {
          characters: replaced,
          lines_not_utf8: this.#badLines,
        },
      )
    }
  }

  /** How long the oldest waiting thing may still wait. */
  #idleMs(): number | undefined {
    if (this.#waitingSince === undefined) return undefined
    const limitMs = this.#options.config.batch_wait_limit_seconds * 1000
    return this.#waitingSince + limitMs - performance.now()
  }

  async #takeLines(lines: Lines): Promise<void> {
    const receivedAtMs = this.#options.now()
    const arrivedAt = performance.now()
    while (lines.next()) {
      if (!this.#addDirectly(lines, receivedAtMs)) await this.#takeLine(lines, receivedAtMs)
      if (this.#isFull()) await this.#commit()
    }
    this.#waitingSince ??= this.#isWaiting() ? arrivedAt : undefined
    if ((this.#idleMs() ?? 1) <= 0) await this.#commit()
    await this.#queue.breathe()
  }

  /** Adds the line's record from its bytes; false where the line is no record, or one that needs a closer look. */
  #addDirectly(line: Lines, receivedAtMs: number): boolean {
    const name = this.#recordLine.open(line)
    const stream = name === undefined ? undefined : this.#streams.get(name)?.load
    if (!stream?.addLine(this.#recordLine, receivedAtMs)) return false
    this.#waitingRows++
    this.#waitingBytes += line.bytes
    return true
  }

  async #takeLine(lines: Lines, receivedAtMs: number): Promise<void> {
    if (!lines.isUtf8) this.#badLines++
    const line = readMessage(lines)
    if (!line) return
    if (line.message.type !== 'RECORD') {
      await this.#takeMessage(line.message)
      return
    }
    const stream = this.#streamOf(line, line.message.stream)
    const missing = stream.missingMetadata(line.message)
    if (missing.length > 0) await this.#queue.settle()
    if (missing.length > 0) await stream.addMetadata(missing)
    this.#addRecord(stream, line, receivedAtMs)
  }

  #isFull(): boolean {
    const { batch_size_rows: maxRows, batch_size_bytes: maxBytes } = this.#options.config
    return this.#waitingRows >= maxRows || this.#waitingBytes >= maxBytes
  }

  #isWaiting(): boolean {
    return this.#waitingRows > 0 || this.#state !== undefined || this.#tables.hasChanges
  }

  #streamOf(line: InputLine, name: string): StreamLoad {
    const stream = this.#streams.get(name)?.load
    if (!stream) throw this.#unannounced(line, name)
    return stream
  }

  #unannounced({ number }: InputLine, stream: string): AppError {
    return new AppError(
      'INPUT_INVALID',
      `Line ${number} of the input is a RECORD of stream ${JSON.stringify(stream)}, which no SCHEMA came before.`,
      { hint: 'Check the program that wrote this line.', facts: { line: number } },
    )
  }

  #addRecord(stream: StreamLoad, line: InputLine, receivedAtMs: number): void {
    const message = line.message as RecordMessage
    this.#context.coerce.mayNeedCleaning = line.hasEscapes
    const rejection = stream.add(message, receivedAtMs)
    if (rejection) {
      const { name, keyProperties } = stream
      const reject = { stream: name, line: line.number, reason: rejection.reason }
      this.#rejects.add(reject, rejectKey(message, keyProperties))
    }
    this.#waitingRows++
    this.#waitingBytes += line.bytes
  }

  async #takeMessage(message: Message | UnknownMessage): Promise<void> {
    switch (message.type) {
      case 'RECORD':
        return
      case 'SCHEMA':
        await this.#takeSchema(message)
        return
      case 'STATE':
        this.#takeState(message)
        return
      case 'ACTIVATE_VERSION':
        await this.#queue.settle()
        await this.#streams.get(message.stream)?.load.activate(message.version)
        return
      case 'UNKNOWN':
        this.#warnOfType(message.name)
    }
  }

  #warnOfType(name: string): void {
    if (this.#unknownTypes.has(name)) return
    this.#unknownTypes.add(name)
    this.#options.logger.warn(
      'message_type_unknown',
      'Messages of an unknown type were left out.',
      { type: name },
    )
  }

  #takeState({ value }: StateMessage): void {
    this.#context.stateCount++
    if (Object.keys(value).length > 0) {
      this.#state = printJson(value)
      return
    }
    this.#options.logger.warn(
      'empty_state_ignored',
      'An empty STATE was left out: it would make the next run start over.',
    )
  }

  /** Compared as it came: a repeated SCHEMA costs nothing. */
  async #takeSchema(message: SchemaMessage): Promise<void> {
    const schemaText = printJson([message.schema, message.key_properties])
    const known = this.#streams.get(message.stream)
    if (known?.schemaText === schemaText) return
    if (known) await this.#commit()
    // Planning asks the database, which does one thing at a time.
    await this.#queue.settle()
    if (!known) {
      const stream = await StreamLoad.create(this.#context, message)
      this.#streams.set(message.stream, { load: stream, schemaText })
      return
    }
    await known.load.change(message)
    known.schemaText = schemaText
  }

  /** Hands everything that waits to the queue. Returns when its commit has begun. */
  async #commit(): Promise<void> {
    const taken = [...this.#streams.values()].map(({ load: stream }) => stream.take())
    const steps = taken.flatMap((stream) => stream.steps)
    const [state, rejects] = [this.#state ?? null, this.#rejects.take()]
    if (rejects.length > 0) await this.#queue.settle()
    if (rejects.length > 0)
      await this.#tables.planOwnTable(this.#queue.rejectsTable, REJECTS_COLUMNS)
    const hasMore =
      steps.length > 0 || rejects.length > 0 || (this.#streams.size > 0 && this.#tables.hasChanges)
    this.#state = undefined
    this.#waitingRows = this.#waitingBytes = 0
    this.#waitingSince = undefined
    if (!hasMore && state === null) return
    await this.#queue.push({
      changes: this.#tables.takeChanges(),
      steps,
      counts: taken,
      rejects,
      state,
    })
  }
}
