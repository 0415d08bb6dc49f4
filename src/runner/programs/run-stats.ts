/** Collects the run stats and the last errors from the log lines of the tap and the target. */

import { parseLogLine, type LogEvent, type LoggedMetric, type LogLine } from './log-line.ts'
import type { ExecutableName } from './program.ts'

/** Numbers of one stream. */
export interface StreamStats {
  read: number
  loaded: number
  deleted: number
  rejected: number
  /** Time spent reading. */
  seconds: number
}

/** The last error that a program logged before it ended. */
export interface LoggedError {
  code: string | null
  message: string
}

/** Requests of the tap. */
interface RequestStats {
  requests: number
  retries: number
  rateLimited: number
}

const EMPTY_STREAM: StreamStats = { read: 0, loaded: 0, deleted: 0, rejected: 0, seconds: 0 }

/** The number that a stream's metric adds to, by program and metric name. */
const STREAM_METRICS: Record<ExecutableName, Record<string, keyof StreamStats>> = {
  'tap-customerio': { record_count: 'read', sync_duration: 'seconds' },
  'target-warehouse': {
    record_count: 'loaded',
    deleted_count: 'deleted',
    rejected_count: 'rejected',
  },
}

const REQUEST_METRICS: Record<string, keyof RequestStats> = {
  http_request_count: 'requests',
  http_retry_count: 'retries',
  http_rate_limited_count: 'rateLimited',
}

/** Longest message kept of a program that crashed, in characters. */
const MAX_CRASH_MESSAGE = 500

function numberIn({ fields }: LogLine, name: string): number {
  const value = fields[name]
  return typeof value === 'number' ? value : 0
}

export class RunStats {
  readonly streams = new Map<string, StreamStats>()
  readonly errors = new Map<ExecutableName, LoggedError>()
  #requests: RequestStats = { requests: 0, retries: 0, rateLimited: 0 }

  get requests(): number {
    return this.#requests.requests
  }

  get retries(): number {
    return this.#requests.retries
  }

  /** Responses with status 429. */
  get rateLimited(): number {
    return this.#requests.rateLimited
  }

  of(stream: string): StreamStats {
    return this.streams.get(stream) ?? EMPTY_STREAM
  }

  /** Adds one line of a program's log. Returns it when it is a warning or an error. */
  add(program: ExecutableName, text: string): LogEvent | undefined {
    const line = parseLogLine(text)
    if (!line) {
      this.#keepCrash(program, text)
      return undefined
    }
    if (line.metric) this.#addMetric(program, line.metric)
    this.#addEvent(program, line)
    const { level, message, fields } = line
    return level === 'warning' || level === 'error' || level === 'critical'
      ? { level, message, fields }
      : undefined
  }

  #addEvent(program: ExecutableName, line: LogLine): void {
    const { event, fields, message } = line
    if (event === 'failed' || event === 'unexpected_error') {
      const { code } = fields
      this.errors.set(program, { code: typeof code === 'string' ? code : null, message })
    }
    // The totals replace the sums of the metrics, so nothing counts twice.
    if (event === 'requests_made') {
      this.#requests = {
        requests: numberIn(line, 'requests'),
        retries: numberIn(line, 'retries'),
        rateLimited: numberIn(line, 'rate_limited'),
      }
    }
  }

  /** Keeps what Node or a native library prints when a program crashes; its last line says most. */
  #keepCrash(program: ExecutableName, text: string): void {
    if (text.trim() === '' || this.errors.get(program)?.code) return
    this.errors.set(program, { code: null, message: text.trim().slice(0, MAX_CRASH_MESSAGE) })
  }

  #addMetric(program: ExecutableName, { name, value, stream }: LoggedMetric): void {
    const total = program === 'tap-customerio' ? REQUEST_METRICS[name] : undefined
    if (total) this.#requests = { ...this.#requests, [total]: this.#requests[total] + value }
    const field = STREAM_METRICS[program][name]
    if (stream === undefined || field === undefined) return
    const old = this.of(stream)
    this.streams.set(stream, { ...old, [field]: old[field] + value })
  }
}
