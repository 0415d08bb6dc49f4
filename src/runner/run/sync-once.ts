/**
 * The work of one run: reads the state from the warehouse, pipes the tap into the target, and
 * decides the outcome.
 */

import { AppError } from '../../errors.ts'
import { printJson } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import { catalogOf } from '../connection/catalog.ts'
import { childEnvs } from '../connection/child-env.ts'
import type { Connection } from '../connection/connection.ts'
import { writeDataFile } from '../connection/data-folder.ts'
import { runPair } from '../programs/pair.ts'
import type { RunStats } from '../programs/run-stats.ts'
import { assertTablesOwned, readSyncState } from '../warehouse/sync-state.ts'
import { readState } from '../warehouse/state-document.ts'
import { loadArgs } from '../warehouse/target-client.ts'
import { failed, resultOf, type RunResult } from './outcome.ts'
import { streamsOf, warn, type RunOptions } from './run-options.ts'
import type { RunRecorder } from './run-recorder.ts'
import { lostStreamText, startStateOf } from './start-state.ts'

export interface RunTools {
  stats: RunStats
  recorder: RunRecorder
}

/** What a load resumes from. */
interface LoadStart {
  state: StateDocument
  /** Identifies the newest load before this run. */
  lastLoad: string
}

function withoutDeletionGuard(connection: Connection): Connection {
  return { ...connection, source: { ...connection.source, max_deleted_percent: 100 } }
}

/** 130 or 143 when the run was asked to stop. */
function stopStatusOf(signal: AbortSignal): number | undefined {
  if (!signal.aborted) return undefined
  const reason: unknown = signal.reason
  return reason instanceof Error && 'exitStatus' in reason ? Number(reason.exitStatus) : 143
}

/** Reads the state from the warehouse: only its last commit counts. */
async function prepare(
  connection: Connection,
  options: RunOptions,
  recorder: RunRecorder,
): Promise<LoadStart> {
  const { env, signal, onLogEvent, onLine } = options
  const owned = await readSyncState(
    connection,
    { env, signal, onLogEvent, onLine },
    {
      streams: [...streamsOf(connection, options).keys()],
      takesOver: options.takesOver === true,
    },
  )
  const { state, kept, lost } = startStateOf(connection, owned)
  for (const stream of lost) warn(options, lostStreamText(stream))
  recorder.before = owned.state
  recorder.after = kept
  return { state, lastLoad: owned.lastLoad }
}

async function load(
  connection: Connection,
  options: RunOptions,
  work: RunTools & { start: LoadStart },
): Promise<RunResult> {
  const { env, signal } = options
  const { stats, recorder, start } = work
  const streams = streamsOf(connection, options)
  const catalogPath = await writeDataFile(connection, 'catalog.json', printJson(catalogOf(streams)))
  const statePath = await writeDataFile(connection, 'state.json', printJson(start.state))
  const envs = childEnvs(connection, env)
  const result = await runPair({
    tapArgs: ['--config', 'ENV', '--catalog', catalogPath, '--state', statePath],
    tapEnv: envs.tap,
    targetArgs: loadArgs(start.lastLoad, statePath),
    targetEnv: envs.target,
    cwd: connection.folder,
    onLog: (program, line) => {
      options.onLine?.(line, program)
      const event = stats.add(program, line)
      if (event && event.level !== 'critical') options.onLogEvent?.(program, event)
      options.onProgress?.(stats)
    },
    signal,
  })
  if (result.lastState !== undefined) recorder.after = readState(result.lastState)
  const ended = resultOf(result, stats, stopStatusOf(signal))
  if (ended.error?.code === 'TABLES_CHANGED')
    await assertTablesOwned(connection, { env, signal }, [...streams.keys()])
  return ended
}

/** Returns the outcome, also of a run that failed or was stopped. Throws only bugs. */
export async function syncOnce(
  connection: Connection,
  options: RunOptions,
  tools: RunTools,
): Promise<RunResult> {
  const guarded = options.allowsDeletes ? withoutDeletionGuard(connection) : connection
  try {
    const start = await prepare(guarded, options, tools.recorder)
    return await load(guarded, options, { ...tools, start })
  } catch (error) {
    const stopStatus = stopStatusOf(options.signal)
    if (stopStatus !== undefined) return { outcome: 'stopped', exitStatus: stopStatus, error: null }
    if (!(error instanceof AppError)) throw error
    return failed(error, 'customerio-sync')
  }
}
