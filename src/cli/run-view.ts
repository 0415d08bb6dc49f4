/** Shows a run on stderr while it runs: progress, and what its programs log. */

import { jsonLogLine } from '../log-lines.ts'
import { isAtLeast, type Level, type Logger } from '../logger.ts'
import { entryOfEvent, entryOfLine, type RunLogEntry } from '../runner/run-log/entry.ts'
import type { OnLogEvent } from '../runner/run/run-options.ts'
import type { ExecutableName } from '../runner/programs/program.ts'
import { ProgressLine } from '../terminal/progress.ts'
import { MINUTE_MS } from '../time.ts'
import type { Verbosity } from './verbosity.ts'

const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  debug: 'Debug',
  info: 'Info',
  warning: 'Warning',
  error: 'Error',
  critical: 'Error',
}
/** Events that come again and again while something is unreachable. */
const RETRY_EVENTS: ReadonlySet<string | null> = new Set(['request_retried', 'warehouse_retried'])
/** Shown in another way, part of the message, or only for the log. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['code', 'stream', 'stack'])

/** What a program logged, as one line for a person. */
function entryLine({ level, program, message, fields }: RunLogEntry): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => !HIDDEN_FIELDS.has(name) && value !== undefined)
    .map(([name, value]) => ` ${name}=${value}`)
  return `${LEVEL_WORDS[level]} (${program}): ${message}${shown.join('')}`
}

/** What a program logged, as a JSON line in the format of the programs. */
function entryJson({ level, program, event, message, fields }: RunLogEntry): string {
  const { stream, ...rest } = fields
  return jsonLogLine(program, level, { message, stream, extra: { event_code: event, ...rest } })
}

/** How lines are shown. */
export interface LineStyle {
  verbosity: Verbosity
  logger: Logger
}

/** The line that shows an entry, with secrets masked. Undefined when its level is not shown. */
export function shownLine(
  entry: RunLogEntry,
  { verbosity, logger }: LineStyle,
): string | undefined {
  if (!isAtLeast(entry.level, verbosity.level)) return undefined
  return logger.clean(verbosity.isJson ? entryJson(entry) : entryLine(entry))
}

export interface RunViewOptions extends LineStyle {
  /** The line of progress for a width in columns. */
  progressText: (width: number) => string
}

/** Call `end` on every path. */
export class RunView {
  readonly #options: RunViewOptions
  readonly #progress: ProgressLine | undefined
  /** When a retry was last shown, by program and error code. */
  readonly #retriesShownMs = new Map<string, number>()

  constructor(options: RunViewOptions) {
    this.#options = options
    const { isQuiet, isJson } = options.verbosity
    if (!isQuiet && !isJson) this.#progress = new ProgressLine(process.stderr, options.progressText)
  }

  /** For `RunOptions.onLine`. */
  readonly onLine = (line: string, program: ExecutableName): void => {
    const entry = entryOfLine(program, line, Date.now())
    // The error that ended a program is reported at the end of the run.
    if (entry && entry.level !== 'critical') this.#show(entry)
  }

  /** For `RunOptions.onLogEvent`: shows what the runner itself reports. The rest are lines, too. */
  readonly onLogEvent: OnLogEvent = (program, event) => {
    if (program === 'customerio-sync') this.#show(entryOfEvent(program, event, Date.now()))
  }

  /** Removes the progress. */
  end(): void {
    this.#progress?.end()
  }

  #show(entry: RunLogEntry): void {
    const line = shownLine(entry, this.#options)
    if (line === undefined || this.#isRepeated(entry)) return
    if (this.#progress) this.#progress.say(line)
    else process.stderr.write(`${line}\n`)
  }

  /** A person sees each kind of retry once a minute. The log of the run has all of them. */
  #isRepeated({ program, event, fields, at }: RunLogEntry): boolean {
    const { level, isJson } = this.#options.verbosity
    if (isJson || isAtLeast('info', level) || !RETRY_EVENTS.has(event)) return false
    const kind = `${program} ${fields['code'] ?? ''}`
    const nowMs = Date.parse(at)
    const shownMs = this.#retriesShownMs.get(kind)
    if (shownMs !== undefined && nowMs - shownMs < MINUTE_MS) return true
    this.#retriesShownMs.set(kind, nowMs)
    return false
  }
}
