/**
 * Reads the messages of the input. Rows wait in batches until a limit is reached or the input ends.
 * Then the rows of all streams are committed together with the latest STATE.
 */

import { AppError } from '../errors.ts'
import { printJson } from '../singer/json.ts'
import { readLines, type Lines } from '../singer/lines.ts'
import type { Message, RecordMessage, SchemaMessage, StateMessage } from '../singer/messages.ts'
import { readMessage, type InputLine, type UnknownMessage } from '../singer/reader.ts'
import type { CommitQueue, PendingUnit } from './commit/commit-queue.ts'
import { rejectKey, REJECTS_COLUMNS, type RejectList } from './commit/rejects.ts'
import { tryAppend } from './fast-path/try-append.ts'
import type { IdleWait } from './idle.ts'
import type { InputWarnings } from './input-warnings.ts'
import type { PendingCommit } from './pending-commit.ts'
import type { StreamContext } from './stream/context.ts'
import { StreamLoad } from './stream/stream.ts'

export interface MessageLoopOptions {
  input: AsyncIterable<Buffer>
  /** When aborted, the loop commits what has arrived and returns. */
  signal: AbortSignal
  context: StreamContext
  queue: CommitQueue
  pending: PendingCommit
  rejects: RejectList
  warnings: InputWarnings
}

function missingSchema({ number }: InputLine, stream: string): AppError {
  return new AppError(
    'INPUT_INVALID',
    `Line ${number} of the input is a RECORD of stream ${JSON.stringify(stream)}, but no SCHEMA came before it.`,
    { hint: 'Check the program that wrote this line.', facts: { line: number } },
  )
}

/** Takes everything that waits, of all streams. Undefined if there is nothing to commit. */
async function collectUnit(
  { context: { tables }, pending, queue, rejects: rejectList }: MessageLoopOptions,
  streams: readonly StreamLoad[],
): Promise<PendingUnit | undefined> {
  const counts = await queue.collect(streams.map((stream) => stream.drain()))
  const steps = counts.flatMap((stream) => stream.steps)
  const rejects = rejectList.drain()
  if (rejects.length > 0) {
    await queue.waitForCommit()
    await tables.planOwnTable(queue.rejectsTable, REJECTS_COLUMNS)
  }
  const hasChanges = streams.length > 0 && tables.hasChanges
  const hasWork = steps.length > 0 || rejects.length > 0 || hasChanges
  const state = pending.reset()
  if (!hasWork && state === null) return undefined
  return { changes: tables.takeChanges(), steps, counts, rejects, state }
}

export class MessageLoop {
  readonly #options: MessageLoopOptions
  readonly #streams = new Map<string, StreamLoad>()
  /** The last SCHEMA of each stream, as it came: a repeated one costs nothing. */
  readonly #schemaTexts = new Map<string, string>()

  constructor(options: MessageLoopOptions) {
    this.#options = options
  }

  /** When it returns, everything that was read is committed. */
  async run(idle: IdleWait): Promise<void> {
    const { input, signal, queue, pending } = this.#options
    const chunks = readLines(input)
    let next = chunks.next()
    for (;;) {
      // After an abort nobody awaits this promise, and it may still reject.
      next.catch(() => undefined)
      const result = await idle.wait(next, pending.remainingMs())
      if (signal.aborted) break
      if (result === 'idle') {
        await this.#commit()
        continue
      }
      if (result.done) break
      await this.#readChunk(result.value)
      next = chunks.next()
    }
    if (!signal.aborted) for (const stream of this.#streams.values()) stream.finish()
    await this.#commit()
    await queue.waitForCommit()
  }

  async #readChunk(lines: Lines): Promise<void> {
    const { context, pending, queue } = this.#options
    const receivedAtMs = context.now()
    const arrivedAtMs = performance.now()
    while (lines.next()) {
      if (tryAppend(lines, this.#streams, receivedAtMs)) pending.addRecord(lines.bytes)
      else await this.#readLine(lines, receivedAtMs)
      if (pending.isFull) await this.#commit()
      else if (pending.isBatchFull) await this.#stage()
    }
    if (!pending.isEmpty || context.tables.hasChanges) pending.startWaiting(arrivedAtMs)
    if ((pending.remainingMs() ?? 1) <= 0) await this.#commit()
    await queue.yieldToCommit()
  }

  async #readLine(lines: Lines, receivedAtMs: number): Promise<void> {
    if (!lines.isUtf8) this.#options.warnings.countBadLine()
    const line = readMessage(lines)
    if (!line) return
    const { message } = line
    if (message.type === 'RECORD') await this.#readRecord(line, message, receivedAtMs)
    else await this.#readMessage(message)
  }

  async #readRecord(line: InputLine, message: RecordMessage, receivedAtMs: number): Promise<void> {
    const { context, pending, queue, rejects } = this.#options
    const stream = this.#streams.get(message.stream)
    if (!stream) throw missingSchema(line, message.stream)
    const missing = stream.missingMetadata(message)
    if (missing.length > 0) {
      await queue.waitForCommit()
      await stream.addMetadata(missing)
    }
    context.coerce.mayNeedCleaning = line.hasEscapes
    const rejection = stream.add(message, receivedAtMs)
    context.coerce.mayNeedCleaning = false
    if (rejection) {
      const reject = { stream: stream.name, line: line.number, reason: rejection.reason }
      rejects.add(reject, rejectKey(message, stream.keyProperties))
    }
    pending.addRecord(line.bytes)
  }

  async #readMessage(message: Exclude<Message, RecordMessage> | UnknownMessage): Promise<void> {
    const { queue, warnings } = this.#options
    switch (message.type) {
      case 'SCHEMA':
        await this.#readSchema(message)
        return
      case 'STATE':
        this.#readState(message)
        return
      case 'ACTIVATE_VERSION':
        await queue.waitForCommit()
        await this.#streams.get(message.stream)?.activate(message.version)
        return
      case 'UNKNOWN':
        warnings.unknownType(message.name)
    }
  }

  #readState({ value }: StateMessage): void {
    const { context, pending, warnings } = this.#options
    context.stateCount++
    if (Object.keys(value).length > 0) pending.setState(printJson(value))
    else warnings.emptyState()
  }

  async #readSchema(message: SchemaMessage): Promise<void> {
    const { context, queue } = this.#options
    const { stream: name } = message
    const schemaText = printJson([message.schema, message.key_properties])
    if (this.#schemaTexts.get(name) === schemaText) return
    const known = this.#streams.get(name)
    if (known) await this.#commit()
    // Planning queries the database, and a connection runs one statement at a time.
    await queue.waitForCommit()
    if (known) await known.changeSchema(message)
    else this.#streams.set(name, await StreamLoad.create(context, message))
    this.#schemaTexts.set(name, schemaText)
  }

  /** Hands the rows in memory to the warehouse, or commits them if it cannot take them. */
  async #stage(): Promise<void> {
    const { pending, queue, rejects } = this.#options
    if (!rejects.isEmpty) return this.#commit()
    const drained = Array.from(this.#streams.values(), (stream) => stream.drain())
    if (await queue.stage(drained)) pending.startBatch()
    else await this.#commit()
  }

  /** Hands everything that waits to the queue. Returns when its commit has begun. */
  async #commit(): Promise<void> {
    const unit = await collectUnit(this.#options, [...this.#streams.values()])
    if (unit) await this.#options.queue.begin(unit)
  }
}
