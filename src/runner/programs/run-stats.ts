/** The figures of a run, gathered from the structured log lines of its two programs. */

import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { ExecutableName } from './program.ts'

export interface StreamStats {
  read: number
  loaded: number
  deleted: number
  rejected: number
  /** Reading time. */
  seconds: number
}

/** The last failure that a program told before it ended. */
export interface LoggedError {
  code: string | null
  message: string
}

/** What a log line says. */
export interface LogEvent {
  level: 'info' | 'warning' | 'error' | 'critical'
  message: string
  facts: JsonObject
}

/** A line of a program's log. */
export interface LogLine extends LogEvent {
  stream: string | undefined
  isMetric: boolean
}

const NO_FIGURES: StreamStats = { read: 0, loaded: 0, deleted: 0, rejected: 0, seconds: 0 }

/** Which figure a counter adds to, by program and metric name. */
const COUNTERS: Record<ExecutableName, Record<string, keyof StreamStats>> = {
  'tap-customerio': { record_count: 'read', sync_duration: 'seconds' },
  'target-warehouse': {
    record_count: 'loaded',
    deleted_count: 'deleted',
    rejected_count: 'rejected',
  },
}

function parseLine(line: string): JsonObject | undefined {
  try {
    const parsed = line.startsWith('{') ? parseJson(line) : undefined
    return isJsonObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Undefined for a line that is none of ours. */
export function parseLogLine(line: string): LogLine | undefined {
  const parsed = parseLine(line)
  if (!parsed) return undefined
  const level = parsed['level'] as LogEvent['level']
  const { message, stream_name: stream } = parsed
  const facts = objectIn(parsed['extra'])
  const isMetric = isJsonObject(parsed['metric_info'])
  return { level, message: textIn(message) ?? '', facts, stream: textIn(stream), isMetric }
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function textIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberIn(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

export class RunStats {
  readonly streams = new Map<string, StreamStats>()
  readonly errors = new Map<ExecutableName, LoggedError>()
  requests = 0
  retries = 0
  rateLimited = 0

  of(stream: string): StreamStats {
    return this.streams.get(stream) ?? NO_FIGURES
  }

  /** Takes a line in; returns it when a person should see it. A line that is none of ours is a crash's, and is kept as its error. */
  note(program: ExecutableName, line: string): LogEvent | undefined {
    const parsed = parseLine(line)
    if (!parsed) {
      this.#noteForeign(program, line)
      return undefined
    }
    this.#noteMetric(program, objectIn(parsed['metric_info']))
    const facts = objectIn(parsed['extra'])
    const message = textIn(parsed['message']) ?? ''
    if (message === 'Requests were made.') {
      this.requests = numberIn(facts['requests'])
      this.retries = numberIn(facts['retries'])
      this.rateLimited = numberIn(facts['rate_limited'])
    }
    const level = textIn(parsed['level'])
    if (level !== 'warning' && level !== 'error' && level !== 'critical') return undefined
    if (level === 'critical')
      this.errors.set(program, { code: textIn(facts['code']) ?? null, message })
    return { level, message, facts }
  }

  /** What Node or a native library says when a program dies by it; its last line tells most. */
  #noteForeign(program: ExecutableName, line: string): void {
    if (line.trim() === '' || this.errors.get(program)?.code) return
    this.errors.set(program, { code: null, message: line.trim().slice(0, 500) })
  }

  #noteMetric(program: ExecutableName, metric: JsonObject): void {
    if (metric['metric'] === 'http_request_count') this.requests += numberIn(metric['value'])
    const stream = textIn(objectIn(metric['tags'])['stream'])
    const figure = COUNTERS[program][textIn(metric['metric']) ?? '']
    if (stream === undefined || figure === undefined) return
    const old = this.of(stream)
    this.streams.set(stream, { ...old, [figure]: old[figure] + numberIn(metric['value']) })
  }
}
