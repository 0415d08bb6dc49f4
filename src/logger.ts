/**
 * Logs events on stderr, one line each: plain for people, JSON for programs. Our own, because
 * Meltano expects the log format of its SDK, and because every line must mask secrets.
 */

import { readFileSync } from 'node:fs'
import type { LogEventName } from './log-events.ts'
import { exceptionOf, jsonLogLine, plainLogLine } from './log-lines.ts'
import { SecretMask } from './secrets.ts'

const LEVELS = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 } as const
export type Level = keyof typeof LEVELS

/** Whether a line of a level is shown when the lines from `from` on are. */
export function isAtLeast(level: Level, from: Level): boolean {
  return LEVELS[level] >= LEVELS[from]
}

/** Details of an event. Never a secret and never a value of a record. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A measurement, named as in the Meltano SDK (`singer_sdk/metrics.py`). Timers are in seconds. */
export interface Metric {
  type: 'counter' | 'timer'
  metric: string
  value: number
  tags: LogFields
}

interface Logged {
  event: LogEventName
  fields: LogFields | undefined
}

export interface LoggerOptions {
  /** Name of the program, as JSON lines show it. */
  name: string
  level: Level
  format: 'plain' | 'json'
  write: (line: string) => void
}

const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is its purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * Escapes control and bidirectional characters, so that a name cannot control the terminal or forge
 * a line.
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Writes log lines with secrets masked. Never pass it values of records. */
export class Logger {
  readonly #options: LoggerOptions
  #write: LoggerOptions['write']
  readonly #mask = new SecretMask()

  constructor(options: LoggerOptions) {
    this.#options = options
    this.#write = options.write
  }

  get level(): Level {
    return this.#options.level
  }

  /** Redirects lines, line ends included. The returned function restores the default. */
  writeThrough(write: LoggerOptions['write']): () => void {
    this.#write = write
    return () => {
      this.#write = this.#options.write
    }
  }

  /**
   * Masks the string from now on as `***`, also when it is JSON- or URL-encoded, in hex or in
   * base64.
   */
  mask(secret: string): void {
    this.#mask.add(secret)
  }

  /**
   * The text with all known secrets masked. Mask before cutting: half a secret is not recognized.
   */
  masked(text: string): string {
    return this.#mask.masked(text)
  }

  /** The text with all known secrets masked and control characters escaped. */
  clean(text: string): string {
    return escapeControls(this.masked(text))
  }

  debug(event: LogEventName, message: string, fields?: LogFields): void {
    this.#log('debug', message, { event, fields })
  }

  info(event: LogEventName, message: string, fields?: LogFields): void {
    this.#log('info', message, { event, fields })
  }

  warn(event: LogEventName, message: string, fields?: LogFields): void {
    this.#log('warning', message, { event, fields })
  }

  error(event: LogEventName, message: string, fields?: LogFields): void {
    this.#log('error', message, { event, fields })
  }

  critical(event: LogEventName, message: string, fields?: LogFields): void {
    this.#log('critical', message, { event, fields })
  }

  /** Logs a bug with its stack. JSON lines hold it as `exception`, as in the SDK. */
  unexpected(message: string, error: unknown): void {
    if (this.#options.format === 'json') {
      const exception = exceptionOf(error)
      this.#writeJson('critical', `${message}: ${exception.message}`, {
        extra: { event_code: 'unexpected_error' },
        exception,
      })
      return
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#writePlain('critical', `${message}: ${text}`, {})
  }

  metric(metric: Metric, level: Level = 'info'): void {
    if (this.#options.format === 'json') {
      this.#writeJson(level, 'METRIC', { metric_info: metric, stream: metric.tags['stream'] })
      return
    }
    this.#writePlain(level, `METRIC: ${JSON.stringify(metric)}`, {})
  }

  #log(level: Level, message: string, { event, fields = {} }: Logged): void {
    if (this.#options.format === 'json') {
      const { stream, ...rest } = fields
      this.#writeJson(level, message, { stream, extra: { event_code: event, ...rest } })
      return
    }
    this.#writePlain(level, message, fields)
  }

  #isEnabled(level: Level): boolean {
    return isAtLeast(level, this.#options.level)
  }

  #writePlain(level: Level, message: string, fields: LogFields): void {
    if (!this.#isEnabled(level)) return
    const line = plainLogLine(level, message, fields)
    this.#write(`${this.clean(line)}\n`)
  }

  #writeJson(level: Level, message: string, rest: Record<string, unknown>): void {
    if (!this.#isEnabled(level)) return
    const line = jsonLogLine(this.#options.name, level, { ...rest, message })
    this.#write(`${this.clean(line)}\n`)
  }
}

function levelIn(text: string): string | undefined {
  try {
    const level = (JSON.parse(text) as { root?: { level?: unknown } }).root?.level
    return typeof level === 'string' ? level : undefined
  } catch {
    return undefined // YAML written by a person: only LOGLEVEL sets the level
  }
}

/**
 * The format and level of `LOG_FORMAT` and of the file in `SINGER_SDK_LOG_CONFIG`, which Meltano
 * sets.
 */
function requestedFormat(env: NodeJS.ProcessEnv): { isJson: boolean; level: string | undefined } {
  const path = env['SINGER_SDK_LOG_CONFIG']
  const isJson = env['LOG_FORMAT'] === 'json'
  try {
    const text = path ? readFileSync(path, 'utf8') : ''
    return { isJson: isJson || text.includes('StructuredFormatter'), level: levelIn(text) }
  } catch {
    return { isJson, level: undefined }
  }
}

function isLevel(name: string | undefined): name is Level {
  return name !== undefined && Object.hasOwn(LEVELS, name)
}

/** The level that the environment asks for; see `createLogger`. Undefined when it asks for none. */
export function requestedLevel(name: string, env: NodeJS.ProcessEnv): Level | undefined {
  const prefix = name.toUpperCase().replaceAll('-', '_')
  const wanted = env[`${prefix}_LOGLEVEL`] ?? env['LOGLEVEL'] ?? requestedFormat(env).level
  const level = wanted?.toLowerCase()
  return isLevel(level) ? level : undefined
}

/**
 * A logger on stderr. The level comes from `<NAME>_LOGLEVEL`, `LOGLEVEL` or Meltano (default info).
 * Lines are JSON with `LOG_FORMAT=json` and under Meltano.
 */
export function createLogger(name: string, env: NodeJS.ProcessEnv): Logger {
  return new Logger({
    name,
    level: requestedLevel(name, env) ?? 'info',
    format: requestedFormat(env).isJson ? 'json' : 'plain',
    write: (line) => process.stderr.write(line),
  })
}
