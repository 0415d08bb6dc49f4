/**
 * Reads what surrounds the record in a RECORD line. It is parsed once: most lines have the same
 * bytes there as the line before, so they are only compared.
 */

import { parseJson, isJsonObject } from '../../singer/json.ts'
import type { Lines } from '../../singer/lines.ts'
import type { RecordEnvelope } from '../../singer/messages.ts'
import { Cursor } from './cursor.ts'
import { JsonText } from './json-text.ts'
import type { FieldTools } from './scalar-field.ts'

/** Longer lines are read faster by the slow path. */
const MAX_LINE_BYTES = 1 << 16
/** How far `"record"` is searched for. */
const MAX_HEAD_BYTES = 512

const RECORD_KEY = Buffer.from('"record"')
const [OPEN, COLON, BACKSLASH] = [123, 58, 92]
/** What comes before the record, or after it. */
interface Part {
  bytes: Uint8Array
  says: RecordEnvelope
}

const HEAD_KEYS = ['type', 'stream', 'record']
const NOTHING = new Uint8Array()

/** Undefined if a value has an unusual type, which is left to the slow path. */
function envelopeOf(value: object): RecordEnvelope | undefined {
  const { time_extracted: extracted, version } = value as Record<string, unknown>
  if (extracted !== undefined && typeof extracted !== 'string') return undefined
  if (version !== undefined && !Number.isSafeInteger(version)) return undefined
  return {
    ...(extracted !== undefined && { time_extracted: extracted }),
    ...(version !== undefined && { version: version as number }),
  }
}

function parsed(text: string): object | undefined {
  try {
    const value = parseJson(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export class RecordLine {
  readonly tools: FieldTools
  #stream = ''
  #head: Part = { bytes: NOTHING, says: {} }
  #tail: Part = { bytes: NOTHING, says: {} }
  #envelope: RecordEnvelope = {}

  constructor() {
    const cursor = new Cursor()
    const scratch = Buffer.alloc(MAX_LINE_BYTES)
    this.tools = { cursor, json: new JsonText(cursor), scratch, lineEnd: 0 }
  }

  /** Moves the cursor to the record and returns its stream; undefined if it needs the slow path. */
  open(line: Lines): string | undefined {
    const { cursor } = this.tools
    if (!line.isUtf8 || line.bytes > MAX_LINE_BYTES) return undefined
    cursor.source = line.source
    cursor.at = line.from
    this.tools.lineEnd = line.end
    const { bytes } = this.#head
    if (bytes.length > 0 && cursor.skipAll(bytes)) return this.#stream
    return this.#learnHead(line)
  }

  /** Parses `{"type":"RECORD","stream":"...","record":` in any spelling and skips it. */
  #learnHead({ source, from, end }: Lines): string | undefined {
    const { cursor } = this.tools
    if (source[from] !== OPEN) return undefined
    const found = source.subarray(from, Math.min(end, from + MAX_HEAD_BYTES)).indexOf(RECORD_KEY)
    // After a backslash, the quote would be part of another name.
    if (found < 0 || source[from + found - 1] === BACKSLASH) return undefined
    cursor.at = from + found + RECORD_KEY.length
    cursor.skipWhitespace()
    if (!cursor.skip(COLON)) return undefined
    cursor.skipWhitespace()
    const value = parsed(`${source.toString('utf8', from, cursor.at)}0}`)
    const says = value && envelopeOf(value)
    const { type, stream, record } = (value ?? {}) as Record<string, unknown>
    // If `record` belonged to a nested object, the text would not be valid JSON.
    if (!says || record !== 0 || type !== 'RECORD' || typeof stream !== 'string') return undefined
    this.#head = { bytes: Uint8Array.from(source.subarray(from, cursor.at)), says }
    this.#stream = stream
    this.#envelope = { ...says, ...this.#tail.says }
    return stream
  }

  /**
   * Parses the rest of the line, after the record. Returns what the line says next to the record;
   * undefined if this needs the slow path.
   */
  close(): RecordEnvelope | undefined {
    const { cursor, lineEnd } = this.tools
    const { at, source } = cursor
    const { bytes } = this.#tail
    if (bytes.length > 0 && bytes.length === lineEnd - at && cursor.skipAll(bytes))
      return this.#envelope
    const value = parsed(`{"":null${source.toString('utf8', at, lineEnd)}`)
    const says = value && envelopeOf(value)
    if (!says || HEAD_KEYS.some((key) => Object.hasOwn(value, key))) return undefined
    this.#tail = { bytes: Uint8Array.from(source.subarray(at, lineEnd)), says }
    this.#envelope = { ...this.#head.says, ...says }
    return this.#envelope
  }
}
