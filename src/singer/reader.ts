/** Lines of a Singer stream as messages. Takes what the specification takes; says where it stops being one. */

import { isJsonObject, parseJson, type JsonObject, type JsonValue } from './json.ts'
import { invalidLine as invalid, type Lines } from './lines.ts'
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

/** Of a SCHEMA and a STATE. */
const MAX_DEPTH = 1000

/** Throws INPUT_INVALID unless the field is a text. */
function textField(value: JsonObject, field: string, line: number): string {
  const text = value[field]
  if (typeof text !== 'string') {
    throw invalid(line, `is a message without a text in \`${field}\``)
  }
  return text
}

function isDeeper(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item: JsonValue) => isDeeper(item, levels - 1))
}

/** Throws INPUT_INVALID for what could not be walked through, or printed again. */
function checkDepth(value: JsonValue | undefined, line: number): void {
  if (isDeeper(value, MAX_DEPTH)) throw invalid(line, `is nested deeper than ${MAX_DEPTH} levels`)
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
  checkDepth(schema, line)
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
      checkDepth(state, line)
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

/**
 * The message of the current line; undefined for a blank one. Bytes that are no UTF-8 are read as U+FFFD.
 * Throws INPUT_INVALID, with the line's number and nothing of its content.
 */
export function readMessage(line: Lines): InputLine | undefined {
  const { source, from, end, number, bytes } = line
  const text = source.toString('utf8', from, end)
  let value: JsonValue
  try {
    value = parseJson(number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch (cause) {
    if (text.trim() === '') return undefined
    if (cause instanceof RangeError) throw invalid(number, 'is nested too deeply')
    // The parser's message would quote the line.
    throw invalid(number, 'is not valid JSON')
  }
  return { number, bytes, message: messageOf(value, number), hasEscapes: text.includes('\\u') }
}
