/** Log lines on stderr: one line an event, plain for people or JSON for Meltano, control characters escaped, secrets masked. */

import { readFileSync } from 'node:fs'

const LEVELS = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 } as const
export type Level = keyof typeof LEVELS

export type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A measurement with the field's metric names (Meltano SDK `singer_sdk/metrics.py`). Timers are in seconds. */
export interface Metric {
  type: 'counter' | 'timer'
  metric: string
  value: number
  tags: Facts
}

export interface LoggerOptions {
  /** Name of the program, as it stands in JSON lines. */
  name: string
  level: Level
  format: 'plain' | 'json'
  write: (line: string) => void
}

/** Shorter texts are no secrets, and masking them would hide ordinary words. */
const MIN_SECRET_LENGTH = 4

// oxlint-disable-next-line no-control-regex -- finding control characters is its purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Makes control and direction characters visible, so that a name cannot write on the terminal or start a new line. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The forms in which a secret could leak: as it is, within a JSON text, URL-encoded and in base64. */
function secretForms(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64]
}

function factText(value: Facts[string]): string {
  return typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)
}

/** Writes what happened, in the past tense, with facts beside it. Never give it a record's values. */
export class Logger {
  readonly #options: LoggerOptions
  /** Longest first, so that one that begins like another is not masked in part. */
  #secrets: readonly string[] = []

  constructor(options: LoggerOptions) {
    this.#options = options
  }

  /** From now on the text, in plain, base64 or URL-encoded form, is written as `***`. */
  mask(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return
    const all = new Set([...this.#secrets, ...secretForms(secret)])
    this.#secrets = [...all].toSorted((a, b) => b.length - a.length)
  }

  /** The text with all known secrets masked and control characters escaped. */
  clean(text: string): string {
    let cleaned = text
    for (const secret of this.#secrets) cleaned = cleaned.replaceAll(secret, '***')
    return escapeControls(cleaned)
  }

  debug(message: string, facts?: Facts): void {
    this.#log('debug', message, facts)
  }

  info(message: string, facts?: Facts): void {
    this.#log('info', message, facts)
  }

  warn(message: string, facts?: Facts): void {
    this.#log('warning', message, facts)
  }

  error(message: string, facts?: Facts): void {
    this.#log('error', message, facts)
  }

  critical(message: string, facts?: Facts): void {
    this.#log('critical', message, facts)
  }

  metric(metric: Metric): void {
    if (this.#options.format === 'json') {
      this.#writeJson('info', 'METRIC', { metric_info: metric, stream: metric.tags['stream'] })
      return
    }
    this.#writePlain('info', `METRIC: ${JSON.stringify(metric)}`, {})
  }

  #log(level: Level, message: string, facts: Facts = {}): void {
    if (this.#options.format === 'json') {
      const { stream, ...extra } = facts
      this.#writeJson(level, message, { stream, extra })
      return
    }
    this.#writePlain(level, message, facts)
  }

  #isEnabled(level: Level): boolean {
    return LEVELS[level] >= LEVELS[this.#options.level]
  }

  #writePlain(level: Level, message: string, facts: Facts): void {
    if (!this.#isEnabled(level)) return
    const pairs = Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${factText(value)}`)
    const line = `${level.toUpperCase()} ${message}${pairs.join('')}`
    this.#options.write(`${this.clean(line)}\n`)
  }

  /** All eight keys that Meltano's `SingerSDKLogParser` wants, or it would show the raw line. */
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
    this.#options.write(`${this.clean(line)}\n`)
  }
}

/** True when the file that Meltano names in `SINGER_SDK_LOG_CONFIG` asks for the SDK's structured formatter. */
function wantsJson(env: NodeJS.ProcessEnv): boolean {
  const path = env['SINGER_SDK_LOG_CONFIG']
  if (path === undefined || path === '') return false
  try {
    return readFileSync(path, 'utf8').includes('StructuredFormatter')
  } catch {
    return false
  }
}

function isLevel(name: string | undefined): name is Level {
  return name !== undefined && Object.hasOwn(LEVELS, name)
}

/** Level from `<NAME>_LOGLEVEL` or `LOGLEVEL` (default info), JSON lines when Meltano asks for them. */
export function createLogger(name: string, env: NodeJS.ProcessEnv): Logger {
  const prefix = name.toUpperCase().replaceAll('-', '_')
  const wanted = (env[`${prefix}_LOGLEVEL`] ?? env['LOGLEVEL'])?.toLowerCase()
  return new Logger({
    name,
    level: isLevel(wanted) ? wanted : 'info',
    format: wantsJson(env) ? 'json' : 'plain',
    write: (line) => process.stderr.write(line),
  })
}
