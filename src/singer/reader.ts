/** Bytes of a Singer stream as messages, with line numbers. Takes what the specification takes; says where it stops being one. */

import { isUtf8 } from 'node:buffer'
import { AppError } from '../errors.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from './json.ts'
import type { Message } from './messages.ts'

/** A message of a type that the specification allows and we do not know. */
export interface UnknownMessage {
  type: 'UNKNOWN'
  name: string
}

export interface InputLine {
  /** Counted from 1, blank lines included. */
  number: number
  /** Size of the line in bytes. */
  bytes: number
  message: Message | UnknownMessage
  /** True where the line has a `\u` escape: only by one can a lone surrogate or U+0000 come. */
  hasEscapes: boolean
}

export interface ReaderOptions {
  /** Longer lines are refused before they are whole in memory. @default 256 MiB */
  maxLineBytes?: number
  /** Called with the number of each line that was no valid UTF-8: its bad bytes were read as U+FFFD. */
  onBadEncoding?: (line: number) => void
}

const MAX_LINE_BYTES = 256 * 1024 * 1024
const NEWLINE = 10
const RECORD_HINT = 'Look at the program that wrote this line.'

function invalid(line: number, fault: string, cause?: unknown): AppError {
  return new AppError('INPUT_INVALID', `Line ${line} of the input ${fault}.`, {
    hint: RECORD_HINT,
    facts: { line },
    ...(cause !== undefined && { cause }),
  })
}

/** Throws INPUT_INVALID unless the field is a text. */
function textField(value: JsonObject, field: string, line: number): string {
  const text = value[field]
  if (typeof text !== 'string') {
    throw invalid(line, `is a message without a text in \`${field}\``)
  }
  return text
}

function isTextList(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function versionField(value: JsonObject, line: number): number {
  const { version } = value
  if (!Number.isSafeInteger(version)) throw invalid(line, 'has a `version` that is no integer')
  return version as number
}

function schemaMessage(value: JsonObject, line: number): Message {
  const stream = textField(value, 'stream', line)
  const { schema, key_properties: given, bookmark_properties: bookmarks } = value
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) {
    throw invalid(line, `is a SCHEMA message without \`properties\` in its \`schema\``)
  }
  const keys = given ?? []
  if (!isTextList(keys)) throw invalid(line, 'has `key_properties` that are no list of names')
  const unknown = keys.find((key) => !Object.hasOwn(schema['properties'] as JsonObject, key))
  if (unknown !== undefined) {
    throw invalid(line, `names a key property ${JSON.stringify(unknown)} that its schema has not`)
  }
  return {
    type: 'SCHEMA',
    stream,
    schema,
    key_properties: [...new Set(keys)],
    ...(isTextList(bookmarks) && { bookmark_properties: bookmarks }),
  }
}

function recordMessage(value: JsonObject, line: number): Message {
  const stream = textField(value, 'stream', line)
  const { record, version, time_extracted: extracted } = value
  if (!isJsonObject(record))
    throw invalid(line, 'is a RECORD message without an object in `record`')
  return {
    type: 'RECORD',
    stream,
    record,
    ...(version !== undefined && version !== null && { version: versionField(value, line) }),
    ...(typeof extracted === 'string' && { time_extracted: extracted }),
  }
}

function messageOf(value: JsonValue, line: number): Message | UnknownMessage {
  if (!isJsonObject(value)) throw invalid(line, 'is not a JSON object')
  const type = textField(value, 'type', line)
  switch (type.toUpperCase()) {
    case 'RECORD':
      return recordMessage(value, line)
    case 'SCHEMA':
      return schemaMessage(value, line)
    case 'STATE': {
      const state = value['value']
      if (!isJsonObject(state))
        throw invalid(line, 'is a STATE message without an object in `value`')
      return { type: 'STATE', value: state }
    }
    case 'ACTIVATE_VERSION':
      return {
        type: 'ACTIVATE_VERSION',
        stream: textField(value, 'stream', line),
        version: versionField(value, line),
      }
    case 'BATCH':
      throw invalid(line, 'is a BATCH message, and files of records are not read')
    default:
      return { type: 'UNKNOWN', name: type }
  }
}

/** Undefined for a blank line. */
function parseLine(bytes: Buffer, number: number): InputLine | undefined {
  const text = bytes.toString('utf8')
  let value: JsonValue
  try {
    value = parseJson(number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch (cause) {
    if (text.trim() === '') return undefined
    if (cause instanceof RangeError) throw invalid(number, 'is nested too deeply')
    // The parser's message would quote the line.
    throw invalid(number, 'is not valid JSON')
  }
  return {
    number,
    bytes: bytes.length,
    message: messageOf(value, number),
    hasEscapes: text.includes('\\u'),
  }
}

/** Cuts bytes into lines. Keeps the start of a line until its end has come. */
class LineReader {
  readonly #options: ReaderOptions
  readonly #maxLineBytes: number
  #number = 0
  #pending: Buffer[] = []
  #pendingBytes = 0
  #fault: unknown = undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES
  }

  /** The lines that the chunk completes, up to the first bad one; its fault is thrown by the next call of `check`. */
  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = []
    try {
      this.#cut(chunk, lines)
    } catch (fault) {
      this.#fault = fault
    }
    return lines
  }

  check(): void {
    if (this.#fault !== undefined) throw this.#fault as Error
  }

  #cut(chunk: Buffer, lines: InputLine[]): void {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const line = this.#take(chunk.subarray(from, end))
      if (line) lines.push(line)
      from = end + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
  }

  /** What stands behind the last line end: a whole message, or the input was cut. */
  finish(): InputLine[] {
    const rest = Buffer.concat(this.#pending)
    if (rest.length === 0) return []
    if (rest.toString('utf8').trim() !== '') {
      try {
        parseJson(rest.toString('utf8').replace(/^\ufeff/, ''))
      } catch {
        throw truncated(this.#number + 1)
      }
    }
    const line = this.#take(Buffer.alloc(0))
    return line ? [line] : []
  }

  get nextNumber(): number {
    return this.#number + 1
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length
    if (this.#pendingBytes > this.#maxLineBytes) {
      throw invalid(this.#number + 1, `is longer than ${this.#maxLineBytes} bytes`)
    }
    this.#pending.push(part)
  }

  #take(end: Buffer): InputLine | undefined {
    this.#keep(end)
    const bytes = this.#pending.length === 1 ? end : Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#number++
    if (!isUtf8(bytes)) this.#options.onBadEncoding?.(this.#number)
    return parseLine(bytes, this.#number)
  }
}

function truncated(line: number, cause?: unknown): AppError {
  return new AppError('INPUT_TRUNCATED', `The input ended in the middle of line ${line}.`, {
    hint: 'The program that wrote it probably failed: look at its messages.',
    facts: { line },
    ...(cause !== undefined && { cause }),
  })
}

/**
 * Yields the messages of each chunk of bytes together: an array a chunk costs far less than a promise a line.
 * Throws INPUT_INVALID and INPUT_TRUNCATED, with the line's number and nothing of its content, after yielding what came before.
 */
export async function* readMessages(
  input: AsyncIterable<Buffer>,
  options: ReaderOptions = {},
): AsyncGenerator<InputLine[], void, undefined> {
  const reader = new LineReader(options)
  try {
    for await (const chunk of input) {
      const lines = reader.push(chunk)
      if (lines.length > 0) yield lines
      reader.check()
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw truncated(reader.nextNumber, cause)
  }
  const last = reader.finish()
  if (last.length > 0) yield last
}
