/** Runs a connection once: takes the lock, syncs, and writes the record into the history. */

import type { Connection, Mode } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { damagedText, History } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import { RunStats } from '../programs/run-stats.ts'
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

/**
 * Runs the connection once. Returns the record after it is in the history, also for a run that
 * failed. Throws RUN_UNDER_WAY when another run of the connection holds the lock, CONFIG_INVALID or
 * OUTPUT_FAILED when the data folder is not writable.
 */
export async function runOnce(connection: Connection, options: RunOptions): Promise<RunRecord> {
  return holdLock(connection, options, async () => {
    const history = new History(connection.dataFolder)
    const streams = streamsOf(connection, options)
    const stats = new RunStats()
    const recorder = new RunRecorder(connection, { trigger: options.trigger, streams }, stats)
    const modes = new Map([...connection.resources, ...streams])
    const started = { record: recorder.started, modes }
    await tryWrite(options, async () => recordStart(history, started, options))
    options.onStart?.(recorder.started)
    try {
      const record = recorder.ended(await syncOnce(connection, options, { stats, recorder }))
      await tryWrite(options, async () => history.end(record))
      await tryWrite(options, async () => history.retain(connection.historyMonths))
      return record
    } catch (bug) {
      await tryWrite(options, async () => history.end(recorder.endedByBug(bug)))
      throw bug
    }
  })
}
