/** Log lines on stderr: one line an event, plain for people or JSON for Meltano, control characters escaped, secrets masked. */

import { readFileSync } from 'node:fs'
import type { LogEventName } from './log-events.ts'
import { SecretMask } from './secrets.ts'

const LEVELS = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 } as const
export type Level = keyof typeof LEVELS

/** Typed details of an event. Never a secret and never a record's value. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A measurement with the field's metric names (Meltano SDK `singer_sdk/metrics.py`). Timers are in seconds. */
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
  /** Name of the program, as it stands in JSON lines. */
  name: string
  level: Level
  format: 'plain' | 'json'
  write: (line: string) => void
}

const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is its purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Makes control and direction characters visible, so that a name cannot write on the terminal or start a new line. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function factText(value: LogFields[string]): string {
  return typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)
}

const FRAME = /^\s+at (?:(.+?) \()?(.+?):(\d+):\d+\)?$/

/** A thrown value in the shape of the SDK's log schema (`singer_sdk/schemas/logs.schema.json`): `line` is there, for Meltano wants it. */
function exceptionOf(error: unknown) {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const frames = stack.split('\n').flatMap((text) => {
    const [, called = '<anonymous>', filename, lineno] = FRAME.exec(text) ?? []
    return filename === undefined
      ? []
      : [{ filename, function: called, lineno: Number(lineno), line: '' }]
  })
  return { type: name, module: 'node', message, traceback: frames }
}

/** Writes what happened, in the past tense, with facts beside it. Never give it a record's values. */
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

  /** From now on lines, with their line ends, go there; the returned function undoes it. */
  writeThrough(write: LoggerOptions['write']): () => void {
    this.#write = write
    return () => {
      this.#write = this.#options.write
    }
  }

  /** From now on the text, also JSON- or URL-encoded, in hex or base64, is written as `***`. */
  mask(secret: string): void {
    this.#mask.add(secret)
  }

  /** The text with all known secrets masked. To be applied before a text is cut, for half a secret is not recognised. */
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

  /** A bug, with its stack: as text behind the message, in JSON as the SDK's `exception`. */
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
    return LEVELS[level] >= LEVELS[this.#options.level]
  }

  #writePlain(level: Level, message: string, facts: LogFields): void {
    if (!this.#isEnabled(level)) return
    const pairs = Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${factText(value)}`)
    const line = `${level.toUpperCase()} ${message}${pairs.join('')}`
    this.#write(`${this.clean(line)}\n`)
  }

  /**
   * Has all eight keys that Meltano's `SingerSDKLogParser` requires; otherwise Meltano shows the raw line. Meltano
   * passes every further key to structlog as an argument, so no key may be named `event`.
   */
  #writeJson(level: Level, message: string, { stream, ...rest }: Record<string, unknown>): void {
    if (!this.#isEnabled(level)) return
    const line = JSON.stringify({
      level,
      pid: process.pid,
      logger_name: this.#options.name,
      ts: Date.now() / 1000,
      thread_name: 'MainThread',
      app_name: this.#options.name,
      stream_name: stream ?? null,
      message,
      ...rest,
    })
    this.#write(`${this.clean(line)}\n`)
  }
}

function levelIn(text: string): string | undefined {
  try {
    const level = (JSON.parse(text) as { root?: { level?: unknown } }).root?.level
    return typeof level === 'string' ? level : undefined
  } catch {
    return undefined // YAML, which a person may have written: its level is left to LOGLEVEL
  }
}

/** What the file that Meltano names in `SINGER_SDK_LOG_CONFIG` asks for; nothing where there is none or it cannot be read. */
function askedFor(env: NodeJS.ProcessEnv): { isJson: boolean; level: string | undefined } {
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

/**
 * Level from `<NAME>_LOGLEVEL`, `LOGLEVEL` or what Meltano asks for (default info), JSON lines when Meltano or `LOG_FORMAT=json` asks for
 * them.
 */
export function createLogger(name: string, env: NodeJS.ProcessEnv): Logger {
  const prefix = name.toUpperCase().replaceAll('-', '_')
  const asked = askedFor(env)
  const wanted = (env[`${prefix}_LOGLEVEL`] ?? env['LOGLEVEL'] ?? asked.level)?.toLowerCase()
  return new Logger({
    name,
    level: isLevel(wanted) ? wanted : 'info',
    format: asked.isJson ? 'json' : 'plain',
    write: (line) => process.stderr.write(line),
  })
}
