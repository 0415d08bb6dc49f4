/** RECORD lines as far as they are the same as the one before: all but the record itself is looked at once, and then only compared. */

import { parseJson, isJsonObject } from '../../singer/json.ts'
import type { Lines } from '../../singer/lines.ts'
import type { RecordEnvelope } from '../../singer/messages.ts'
import { Cursor } from './cursor.ts'
import { JsonText } from './json-text.ts'
import type { FieldTools } from './scalar-field.ts'

/** Longer lines are read faster in the usual way. */
const MAX_LINE_BYTES = 1 << 16
/** Where `"record"` is looked for. */
const MAX_HEAD_BYTES = 512

const RECORD_KEY = Buffer.from('"record"')
const [OPEN, COLON, BACKSLASH] = [123, 58, 92]
/** What comes before the record, or behind it. */
interface Part {
  bytes: Uint8Array
  says: RecordEnvelope
}

const HEAD_KEYS = ['type', 'stream', 'record']
const NOTHING = new Uint8Array()

/** Undefined unless each has its type: what else they may be is for the usual way. */
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

  /** The stream of the record to which the cursor was moved; undefined for a line that is to be read as a message. */
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

  /** `{"type":"RECORD","stream":"...","record":` in any spelling; the cursor goes behind it. */
  #learnHead({ source, from, end }: Lines): string | undefined {
    const { cursor } = this.tools
    if (source[from] !== OPEN) return undefined
    const found = source.subarray(from, Math.min(end, from + MAX_HEAD_BYTES)).indexOf(RECORD_KEY)
    // An escaped quote would be within another name.
    if (found < 0 || source[from + found - 1] === BACKSLASH) return undefined
    cursor.at = from + found + RECORD_KEY.length
    cursor.skipWhitespace()
    if (!cursor.skip(COLON)) return undefined
    cursor.skipWhitespace()
    const value = parsed(`${source.toString('utf8', from, cursor.at)}0}`)
    const says = value && envelopeOf(value)
    const { type, stream, record } = (value ?? {}) as Record<string, unknown>
    // Were `record` met within another object, the text would not have been whole.
    if (!says || record !== 0 || type !== 'RECORD' || typeof stream !== 'string') return undefined
    this.#head = { bytes: Uint8Array.from(source.subarray(from, cursor.at)), says }
    this.#stream = stream
    this.#envelope = { ...says, ...this.#tail.says }
    return stream
  }

  /** What the line says beside the record, behind which the cursor stands; undefined where it is to be read as a message. */
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
