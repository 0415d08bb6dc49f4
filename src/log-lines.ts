/** Formats log lines: plain for people, JSON as Meltano and the SDK expect it. */

import type { Level, LogFields } from './logger.ts'
import { SECOND_MS } from './time.ts'

function fieldText(value: LogFields[string]): string {
  return typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)
}

const FRAME = /^\s+at (?:(.+?) \()?(.+?):(\d+):\d+\)?$/

/**
 * A thrown value in the SDK's log format (`singer_sdk/schemas/logs.schema.json`). `line` is always
 * empty, but Meltano requires it.
 */
export function exceptionOf(error: unknown) {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const frames = stack.split('\n').flatMap((text) => {
    const [, called = '<anonymous>', filename, lineno] = FRAME.exec(text) ?? []
    return filename === undefined
      ? []
      : [{ filename, function: called, lineno: Number(lineno), line: '' }]
  })
  return { type: name, module: 'node', message, traceback: frames }
}

/** ` name=value` for each field. Omits undefined ones. */
export function fieldsText(fields: LogFields): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${fieldText(value)}`)
  return pairs.join('')
}

/** `WARNING message name=value` */
export function plainLogLine(level: Level, message: string, fields: LogFields): string {
  return `${level.toUpperCase()} ${message}${fieldsText(fields)}`
}

/**
 * Meltano's `SingerSDKLogParser` requires all eight keys; otherwise it shows the raw line. It
 * passes every other key to structlog as an argument, so no key may be named `event`.
 */
export function jsonLogLine(
  program: string,
  level: Level,
  { message, stream, ...rest }: { message: string; stream?: unknown; [key: string]: unknown },
): string {
  return JSON.stringify({
    level,
    pid: process.pid,
    logger_name: program,
    ts: Date.now() / SECOND_MS,
    thread_name: 'MainThread',
    app_name: program,
    stream_name: stream ?? null,
    message,
    ...rest,
  })
}
