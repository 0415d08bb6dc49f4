/** A run that a person started: shown while it runs, and summed up at its end. */

import { resolve } from 'node:path'
import type { Connection } from '../runner/connection/connection.ts'
import type { RunRecord, Trigger } from '../runner/history/record.ts'
import type { RunStats } from '../runner/programs/run-stats.ts'
import { entryOfEvent } from '../runner/run-log/entry.ts'
import { recordFailure } from '../runner/run/failed-run.ts'
import { runOnce } from '../runner/run/run.ts'
import { readSchedulerNote } from '../runner/pause/scheduler-note.ts'
import { nextStepLines } from '../runner/text/next-steps.ts'
import { Pace, runProgressText, summaryText } from '../runner/text/summary.ts'
import type { StreamName } from '../streams/index.ts'
import type { Mode } from '../streams/modes.ts'
import { widthOf } from '../terminal/width.ts'
import { warehousePlace } from '../urls/warehouse-place.ts'
import { ProgramExit, type ProgramContext } from './main.ts'
import { print } from './print.ts'
import { RunView, shownLine, type LineStyle } from './run-view.ts'
import { shownPath } from './shown-path.ts'
import type { Verbosity } from './verbosity.ts'
import { notifyWebhook } from './webhook.ts'

export interface WatchedRun {
  resources: ReadonlyMap<StreamName, Mode>
  trigger: Trigger
  takesOver?: boolean | undefined
  allowsDeletes?: boolean | undefined
}

export interface EndedRun {
  record: RunRecord
  /** Earlier runs that were found to have crashed. */
  crashed: readonly RunRecord[]
}

/** How the result of a run is printed. */
export interface RunPrinting {
  verbosity: Verbosity
  /** Prints the record instead of text. */
  isJson: boolean
  /** Options that name the connection, for a command to run next. */
  options: string
}

/** The view of a run, with a line of progress from its stats. */
function openView(
  connection: Connection,
  run: { resources: WatchedRun['resources']; stats: () => RunStats | undefined },
  { verbosity, logger }: Pick<ProgramContext, 'logger'> & { verbosity: Verbosity },
): RunView {
  const began = performance.now()
  const pace = new Pace()
  const progressText = (width: number) => {
    const stats = run.stats()
    const seconds = (performance.now() - began) / 1000
    const rate = pace.note(stats?.requests ?? 0, performance.now())
    const progress = { resources: run.resources, stats, seconds, pace: rate }
    return runProgressText(progress, connection, width)
  }
  return new RunView({ verbosity, logger, progressText })
}

/** Runs the connection and shows progress, warnings and errors on stderr. */
export async function watchRun(
  connection: Connection,
  wanted: WatchedRun,
  context: ProgramContext & { verbosity: Verbosity },
): Promise<EndedRun> {
  const { env, signal } = context
  const crashed: RunRecord[] = []
  const startedMs = Date.now()
  let stats: RunStats | undefined
  const shown = { resources: wanted.resources, stats: () => stats }
  const view = openView(connection, shown, context)
  try {
    const record = await runOnce(connection, {
      trigger: wanted.trigger,
      streams: wanted.resources,
      takesOver: wanted.takesOver === true,
      allowsDeletes: wanted.allowsDeletes === true,
      env,
      signal,
      onProgress: (now) => (stats = now),
      onLine: view.onLine,
      onLogEvent: view.onLogEvent,
      onCrashed: (run) => crashed.push(run),
    })
    return { record, crashed }
  } catch (error) {
    const failure = { trigger: wanted.trigger, error, startedMs }
    const record = signal.aborted ? undefined : await recordFailure(connection, failure)
    if (record) await notifyOf([...crashed, record], connection, context)
    throw error
  } finally {
    view.end()
  }
}

async function nextLines(
  connection: Connection,
  record: RunRecord,
  options: string,
): Promise<string[]> {
  const { folder, destination } = connection
  const place = warehousePlace(destination.warehouse_url, (path) =>
    shownPath(resolve(folder, path)),
  )
  const note = await readSchedulerNote(connection, Date.now())
  const isScheduleRunning = note?.isRunning === true
  return nextStepLines(record, { connection, options, place, isScheduleRunning })
}

/** The error that ended a run, as the last line about it. */
function errorLine({ error }: RunRecord, style: LineStyle): string | undefined {
  if (!error) return undefined
  const { program, code, message } = error
  const fields = { code }
  const at = new Date().toISOString()
  return shownLine({ at, level: 'critical', program, event: 'failed', message, fields }, style)
}

/** Notifies the webhook of runs. What fails is a warning on stderr. */
async function notifyOf(
  runs: readonly RunRecord[],
  connection: Connection,
  context: ProgramContext & { verbosity: Verbosity },
): Promise<void> {
  for (const message of await notifyWebhook(connection, runs, context)) {
    const event = { level: 'warning', message, fields: {} } as const
    const line = shownLine(entryOfEvent('customerio-sync', event, Date.now()), context)
    if (line !== undefined) process.stderr.write(`${line}\n`)
  }
}

/** Prints the result on stdout. Returns the lines that belong below the error, if there is one. */
async function printResult(
  connection: Connection,
  { record, isJson, verbosity, options }: EndedRun & RunPrinting,
  { logger }: ProgramContext,
): Promise<string[]> {
  if (isJson || verbosity.isJson) {
    await print(JSON.stringify(record, undefined, isJson ? 2 : undefined))
    return []
  }
  if (verbosity.isQuiet) return []
  const next = await nextLines(connection, record, options)
  const summary = summaryText(record, connection, widthOf(process.stdout)).split('\n')
  const above = record.error ? summary : [...summary, ...next]
  await print(above.map((line) => logger.clean(line)).join('\n'))
  return record.error ? next : []
}

/** Prints the outcome, notifies the webhook, and exits with the run's status. */
export async function printRun(
  connection: Connection,
  ended: EndedRun & RunPrinting,
  context: ProgramContext,
): Promise<void> {
  const { record, crashed, verbosity } = ended
  const below = await printResult(connection, ended, context)
  const error = errorLine(record, { verbosity, logger: context.logger })
  for (const line of error === undefined ? below : [error, ...below])
    process.stderr.write(`${context.logger.clean(line)}\n`)
  await notifyOf([...crashed, record], connection, { ...context, verbosity })
  if (record.exit_status !== 0) throw new ProgramExit(record.exit_status ?? 1)
}
