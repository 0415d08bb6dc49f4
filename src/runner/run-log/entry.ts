/** Pure: one entry of a run's log, from what a program logged, and as text for a person. */

import { plainLogLine } from '../../log-lines.ts'
import type { Level, LogFields } from '../../logger.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { isString, isTime, oneOf, orNull, withShape, type Shape } from '../history/shape.ts'
import { parseLogLine, type LogEvent } from '../programs/log-line.ts'
import type { ExecutableName } from '../programs/program.ts'

/** Who logged an entry. */
export type LoggingProgram = ExecutableName | 'customerio-sync'

export interface RunLogEntry {
  /** When the runner read it, RFC 3339. */
  at: string
  level: Level
  program: LoggingProgram
  /** From the table in `log-events.ts`; null for a line without a code. */
  event: string | null
  message: string
  /** Details of the event, without its code. */
  fields: LogFields
}

/** Numbers, strings, booleans and nulls. Programs log nothing else. */
function scalarsOf(fields: JsonObject): LogFields {
  const scalars = Object.entries(fields).flatMap(([name, value]) =>
    isScalar(value) ? [[name, value] as const] : [],
  )
  return Object.fromEntries(scalars)
}

function isScalar(value: JsonValue): value is string | number | boolean | null {
  return value === null || typeof value !== 'object'
}

/** The entry of an event that the runner reports itself. */
export function entryOfEvent(
  program: LoggingProgram,
  { level, message, fields }: LogEvent,
  nowMs: number,
): RunLogEntry {
  const at = new Date(nowMs).toISOString()
  return { at, level, program, event: null, message, fields: scalarsOf(fields) }
}

/**
 * The entry of a line on stderr. A line that is no log line, such as the last words of a crash, is
 * kept as it is. Undefined for a metric, because the record of the run has the numbers, and for a
 * blank line.
 */
export function entryOfLine(
  program: ExecutableName,
  text: string,
  nowMs: number,
): RunLogEntry | undefined {
  const line = parseLogLine(text)
  const at = new Date(nowMs).toISOString()
  if (!line) {
    if (text.trim() === '') return undefined
    return { at, level: 'info', program, event: null, message: text.trim(), fields: {} }
  }
  if (line.metric) return undefined
  const { level, message, stream, stack } = line
  const fields = {
    ...(stream !== undefined && { stream }),
    ...scalarsOf(line.fields),
    ...(stack !== undefined && { stack }),
  }
  return { at, level, program, event: line.event ?? null, message, fields }
}

/** A fields object is checked separately. */
const ENTRY: Shape<Omit<RunLogEntry, 'fields'>> = {
  at: isTime,
  level: oneOf('debug', 'info', 'warning', 'error', 'critical'),
  program: oneOf('tap-customerio', 'target-warehouse', 'customerio-sync'),
  event: orNull(isString),
  message: isString,
}

/** Undefined for a damaged line. */
export function parseEntry(text: string): RunLogEntry | undefined {
  try {
    const value = parseJson(text)
    const entry = withShape(value, ENTRY)
    if (!entry || !isJsonObject(value)) return undefined
    const { fields } = value
    return { ...entry, fields: isJsonObject(fields) ? scalarsOf(fields) : {} }
  } catch {
    return undefined
  }
}

const PROGRAM_WIDTH = 'target-warehouse'.length

/** `2026-11-27 01:39:24 target-warehouse INFO Load finished. rows=67` */
export function entryText({ at, level, program, message, fields }: RunLogEntry): string {
  const time = at.slice(0, 19).replace('T', ' ')
  return `${time} ${program.padEnd(PROGRAM_WIDTH)} ${plainLogLine(level, message, fields)}`
}
