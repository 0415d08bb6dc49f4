/** Parses the lines of a Singer stream into messages. Accepts what the specification accepts. */

import { isJsonObject, parseJson, type JsonObject, type JsonValue } from './json.ts'
import { invalidLine as invalid, type Lines } from './lines.ts'
import type { Message } from './messages.ts'

/** A message of a type that the specification allows and we do not support. */
export interface UnknownMessage {
  type: 'UNKNOWN'
  name: string
}

export interface InputLine {
  /** From 1, including blank lines. */
  number: number
  /** Size of the line in bytes. */
  bytes: number
  message: Message | UnknownMessage
  /** True if the line has a `\u` escape: only an escape can produce a lone surrogate or U+0000. */
  hasEscapes: boolean
}

/** Limit for a SCHEMA and a STATE. */
const MAX_DEPTH = 1000

/** Throws INPUT_INVALID unless the field is a string. */
function stringField(value: JsonObject, field: string, line: number): string {
  const text = value[field]
  if (typeof text !== 'string') {
    throw invalid(line, `is a message without a string in \`${field}\``)
  }
  return text
}

function isDeeper(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item: JsonValue) => isDeeper(item, levels - 1))
}

/** Throws INPUT_INVALID for a value that is too deep to process or print. */
function checkDepth(value: JsonValue | undefined, line: number): void {
  if (isDeeper(value, MAX_DEPTH)) throw invalid(line, `is nested deeper than ${MAX_DEPTH} levels`)
}

function isStringList(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function versionField(value: JsonObject, line: number): number {
  const { version } = value
  if (!Number.isSafeInteger(version)) throw invalid(line, 'has a `version` that is not an integer')
  return version as number
}

function schemaMessage(value: JsonObject, line: number): Message {
  const stream = stringField(value, 'stream', line)
  const { schema, key_properties: given, bookmark_properties: bookmarks } = value
  checkDepth(schema, line)
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) {
    throw invalid(line, `is a SCHEMA message without \`properties\` in its \`schema\``)
  }
  const keys = given ?? []
  if (!isStringList(keys)) throw invalid(line, 'has `key_properties` that are not a list of names')
  const unknown = keys.find((key) => !Object.hasOwn(schema['properties'] as JsonObject, key))
  if (unknown !== undefined) {
    throw invalid(
      line,
      `has a key property ${JSON.stringify(unknown)} that is not declared in its schema`,
    )
  }
  return {
    type: 'SCHEMA',
    stream,
    schema,
    key_properties: [...new Set(keys)],
    ...(isStringList(bookmarks) && { bookmark_properties: bookmarks }),
  }
}

function recordMessage(value: JsonObject, line: number): Message {
  const stream = stringField(value, 'stream', line)
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
  const type = stringField(value, 'type', line)
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
        stream: stringField(value, 'stream', line),
        version: versionField(value, line),
      }
    case 'BATCH':
      throw invalid(line, 'is a BATCH message, which is not supported')
    default:
      return { type: 'UNKNOWN', name: type }
  }
}

/**
 * The message of the current line; undefined for a blank line. Bytes that are not UTF-8 become
 * U+FFFD. Throws INPUT_INVALID with the line number, and without any content of the line.
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
    // The parser's own message would quote the line.
    throw invalid(number, 'is not valid JSON')
  }
  return { number, bytes, message: messageOf(value, number), hasEscapes: text.includes('\\u') }
}
