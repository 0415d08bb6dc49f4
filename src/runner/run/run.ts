/** Runs a connection once: takes the lock, syncs, and writes the record into the history. */

import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Mode } from '../../streams/modes.ts'
import { damagedText, History } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import { RunStats } from '../programs/run-stats.ts'
import { entryOfEvent, entryOfLine } from '../run-log/entry.ts'
import { limitLogs, retainLogs } from '../run-log/files.ts'
import { RunLog } from '../run-log/writer.ts'
import { fullReadLeft } from '../text/summary.ts'
import { holdLock } from './run-lock.ts'
import { streamsOf, warn, type RunOptions } from './run-options.ts'
import { RunRecorder } from './run-recorder.ts'
import { syncOnce } from './sync-once.ts'

/** A history that cannot be written never stops a run. */
async function tryWrite(options: RunOptions, write: () => Promise<unknown>): Promise<void> {
  await write().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    warn(options, `The history could not be written: ${reason}.`)
  })
}

function crashText(crashed: RunRecord, modes: ReadonlyMap<StreamName, Mode>): string {
  const left = fullReadLeft(crashed, modes)
  const sequel = left === undefined ? '; this run resumes from its last commit.' : `. ${left}`
  return `The run of ${crashed.started_at} was killed${sequel}`
}

/** Closes the records of runs that were killed as crashed, then writes the start of this run. */
async function recordStart(
  history: History,
  run: { record: RunRecord; modes: ReadonlyMap<StreamName, Mode> },
  options: RunOptions,
): Promise<void> {
  const killed = await history.closeCrashed(Date.now())
  const damaged = damagedText(history)
  if (damaged !== undefined) warn(options, damaged)
  for (const crashed of killed) {
    options.onCrashed?.(crashed)
    warn(options, crashText(crashed, run.modes))
  }
  await history.start(run.record)
}

/** The options of a run whose lines and warnings go into its log, too. */
function withLog(options: RunOptions, log: RunLog): RunOptions {
  return {
    ...options,
    onLine: (line, program) => {
      const entry = entryOfLine(program, line, Date.now())
      if (entry) log.add(entry)
      options.onLine?.(line, program)
    },
    // Those of the programs are lines, too.
    onLogEvent: (program, event) => {
      if (program === 'customerio-sync') log.add(entryOfEvent(program, event, Date.now()))
      options.onLogEvent?.(program, event)
    },
  }
}

/** The last entry of a log: how the run ended, and why. */
function logEnd(log: RunLog, { outcome, error }: RunRecord): void {
  const level = outcome === 'failed' ? 'error' : 'info'
  const fields = error?.code ? { code: error.code } : {}
  const reason = error?.program === 'customerio-sync' ? ` ${error.message}` : ''
  const event = { level, message: `The run ${outcome}.${reason}`, fields } as const
  log.add(entryOfEvent('customerio-sync', event, Date.now()))
}

/** What all logs of a connection may have: usual runs every five minutes in 13 months have half. */
const MAX_LOGS_BYTES = 1 << 30

/** Removes records and logs that are older than the connection keeps them, or too large. */
async function retain(
  history: History,
  { dataFolder, historyMonths }: Connection,
  { isLoud }: RunLog,
): Promise<void> {
  await history.retain(historyMonths)
  await retainLogs(dataFolder, await history.months())
  // Usual runs never reach the limit, so they do not have to look at all logs.
  if (isLoud) await limitLogs(dataFolder, MAX_LOGS_BYTES)
}

/**
 * Runs the connection once. Returns the record after it is in the history, also for a run that
 * failed. Throws RUN_IN_PROGRESS when another run of the connection holds the lock, and
 * CONFIG_INVALID or OUTPUT_FAILED when the data folder is not writable.
 */
export async function runOnce(connection: Connection, options: RunOptions): Promise<RunRecord> {
  return holdLock(connection, options, async () => {
    const history = new History(connection.dataFolder)
    const streams = streamsOf(connection, options)
    const stats = new RunStats()
    const recorder = new RunRecorder(connection, { trigger: options.trigger, streams }, stats)
    const modes = new Map([...connection.resources, ...streams])
    const started = { record: recorder.started, modes }
    const log = new RunLog(connection, {
      run: recorder.started,
      onFailure: (reason) => warn(options, `The log of the run could not be written: ${reason}.`),
      onEntry: options.onLogEntry,
    })
    const logged = withLog(options, log)
    await tryWrite(logged, async () => recordStart(history, started, logged))
    options.onStart?.(recorder.started)
    try {
      const record = recorder.ended(await syncOnce(connection, logged, { stats, recorder }))
      logEnd(log, record)
      await log.close()
      await tryWrite(options, async () => history.end(record))
      await tryWrite(options, async () => retain(history, connection, log))
      return record
    } catch (bug) {
      await log.close()
      await tryWrite(options, async () => history.end(recorder.endedByBug(bug)))
      throw bug
    }
  })
}
