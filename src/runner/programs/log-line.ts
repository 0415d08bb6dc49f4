/**
 * Parses the JSON log lines of the tap and the target. Reads event codes and fields, never message
 * text.
 */

import type { LogEventName } from '../../log-events.ts'
import type { Level } from '../../logger.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'

/** A warning or an error for the person who watches a run. */
export interface LogEvent {
  level: Level
  message: string
  /** Details of the event, without its code. */
  fields: JsonObject
}

/** A METRIC line. Counters carry the increment since the line before. */
export interface LoggedMetric {
  name: string
  value: number
  stream: string | undefined
}

export interface LogLine extends LogEvent {
  /** From the table in `log-events.ts`; undefined for a METRIC line. */
  event: LogEventName | undefined
  stream: string | undefined
  metric: LoggedMetric | undefined
  /** Where the program was when it met a bug, innermost call first. */
  stack: string | undefined
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const parsed = line.startsWith('{') ? parseJson(line) : undefined
    return isJsonObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function stringIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function metricIn(value: JsonValue | undefined): LoggedMetric | undefined {
  if (!isJsonObject(value)) return undefined
  const { metric, value: count, tags } = value
  return {
    name: stringIn(metric) ?? '',
    value: typeof count === 'number' ? count : 0,
    stream: stringIn(objectIn(tags)['stream']),
  }
}

/** The calls in an exception, as the SDK logs it. */
function stackIn(value: JsonValue | undefined): string | undefined {
  const { traceback } = objectIn(value)
  if (!Array.isArray(traceback)) return undefined
  const calls = traceback.map((frame) => {
    const { function: called, filename, lineno } = objectIn(frame)
    return `at ${stringIn(called) ?? '?'} (${stringIn(filename) ?? '?'}:${Number(lineno)})`
  })
  return calls.join(' ')
}

/** Returns undefined for a line that is not a JSON object, such as the last words of a crash. */
export function parseLogLine(line: string): LogLine | undefined {
  const parsed = parseObject(line)
  if (!parsed) return undefined
  const { event_code: event, ...fields } = objectIn(parsed['extra'])
  return {
    // Our own programs wrote the line: level and event come from their tables.
    level: parsed['level'] as LogEvent['level'],
    event: event as LogEventName | undefined,
    message: stringIn(parsed['message']) ?? '',
    fields,
    stream: stringIn(parsed['stream_name']),
    metric: metricIn(parsed['metric_info']),
    stack: stackIn(parsed['exception']),
  }
}
