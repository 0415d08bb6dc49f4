/** Reads JSON files that users write. Errors give line and column, but never content. */

import { readFile } from 'node:fs/promises'
import { AppError, type ErrorCode } from './errors.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from './singer/json.ts'
import { findJsonFault } from './singer/json-fault.ts'

const BOM = /^\ufeff/

/** A JSON text, and how errors refer to it. */
export interface NamedText {
  text: string
  /** Start of the error sentence, such as `The config file config.json`. */
  name: string
  code: ErrorCode
}

/** The reason why a file could not be read, in a few words. */
export function readFailureOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  return (
    { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'is a folder' }[code] ?? code
  )
}

function unreadable(path: string, what: string, cause: unknown): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `The ${what} file ${path} could not be read (${readFailureOf(cause)}).`,
    { hint: 'Check the path and its permissions.', cause },
  )
}

/** @param linesBefore lines of the file before the text, for the line number */
function notJson({ text, name, code }: NamedText, linesBefore = 0, advice = ''): AppError {
  const fault = findJsonFault(text)
  const place = fault
    ? `Line ${fault.line + linesBefore}, column ${fault.column}: expected ${fault.expected}.`
    : 'Check its commas, quotes and braces.'
  return new AppError(code, `${name} is not valid JSON.`, { hint: `${place}${advice}` })
}

function parseWhole(named: NamedText): JsonValue {
  try {
    return parseJson(named.text)
  } catch {
    throw notJson(named)
  }
}

/** Reads a text file. Throws CONFIG_INVALID when it cannot be read. */
async function readText(path: string, what: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, what, cause)
  })
  return text.replace(BOM, '')
}

/**
 * Reads a JSON file. A blank file is an empty object. Throws CONFIG_INVALID when the file cannot be
 * read or is not a JSON object.
 */
export async function readJsonFile(path: string, what: string): Promise<JsonObject> {
  const text = await readText(path, what)
  const name = `The ${what} file ${path}`
  if (text.trim() === '') return {}
  return objectOf(parseWhole({ text, name, code: 'CONFIG_INVALID' }), name)
}

function objectOf(value: JsonValue, name: string): JsonObject {
  if (isJsonObject(value)) return value
  throw new AppError('CONFIG_INVALID', `${name} must contain one JSON object.`)
}

function isObjectText(text: string): boolean {
  try {
    return isJsonObject(parseJson(text))
  } catch {
    return false
  }
}

/**
 * Parses a state file. Targets write one state per line, so when the first line is a whole
 * document, the last line counts. A blank file is an empty state. Throws the code of `source` for
 * invalid JSON.
 */
export function parseStateText(source: NamedText): JsonValue {
  const text = source.text.replace(BOM, '')
  const lines = text.split('\n')
  const filled = lines.flatMap((line, at) => (line.trim() === '' ? [] : [at]))
  const [first, last] = [filled[0], filled.at(-1)]
  if (first === undefined || last === undefined) return {}
  if (first === last || !isObjectText(lines[first] ?? '')) return parseWhole({ ...source, text })
  const line = lines[last] ?? ''
  try {
    return parseJson(line)
  } catch {
    const advice =
      ' The last line counts, and it is probably incomplete. Delete it to resume from the line before.'
    throw notJson({ ...source, text: line }, last, advice)
  }
}

/** Reads a state file, see `parseStateText`. Throws CONFIG_INVALID. */
export async function readStateFile(path: string): Promise<JsonObject> {
  const name = `The state file ${path}`
  const text = await readText(path, 'state')
  return objectOf(parseStateText({ text, name, code: 'CONFIG_INVALID' }), name)
}
