/** One sync of a connection: lock, state out of the warehouse, tap into target, and a record of what came of it. */

import { randomUUID } from 'node:crypto'
import { AppError, exitStatusOf } from '../../errors.ts'
import { printJson } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import { catalogOf } from '../connection/catalog.ts'
import { childEnvs } from '../connection/child-env.ts'
import type { Connection, Mode, StreamName } from '../connection/connection.ts'
import { maskedError } from '../connection/connection-secrets.ts'
import { makeDataFolder, unwritable, writeDataFile } from '../connection/data-folder.ts'
import type { LogEvent } from '../programs/log-line.ts'
import { RunStats } from '../programs/run-stats.ts'
import { damagedText, History } from '../history/history.ts'
import { lockPathIn, takeRunLock, type Lock, type LockOwner } from '../lock/lock.ts'
import { readOwnedState, assertOwned } from '../warehouse/owned-state.ts'
import { lostStreams, nextOwner } from '../warehouse/ownership.ts'
import { runPair } from '../programs/pair.ts'
import type { ExecutableName } from '../programs/program.ts'
import type { RunRecord, StreamRecord, Trigger } from '../history/record.ts'
import {
  bookmarkText,
  readState,
  withoutBookmarks,
  withoutProgress,
  withOwner,
} from '../warehouse/state-document.ts'
import { fullReadLeft } from '../text/summary.ts'
import { loadArgs } from '../warehouse/target-client.ts'
import { failed, resultOf, type RunResult } from './outcome.ts'

export interface RunOptions {
  trigger: Trigger
  env: NodeJS.ProcessEnv
  /** Stops the run when aborted, after what has arrived is committed. */
  signal: AbortSignal
  /** Resources that are read, and how, where it is not as the connection says. */
  resources?: ReadonlyMap<StreamName, Mode>
  /** Takes tables that another connection has made. @default false */
  takesOver?: boolean
  /** However many rows a full read would retire. @default false: `max_deleted_percent` counts */
  allowsDeletes?: boolean
  /** Called with each run that was killed, and is closed by this one. */
  onCrashed?: (run: RunRecord) => void
  /** Called when figures changed. */
  onProgress?: (figures: RunStats) => void
  /** Called with each warning and error of the two programs, and with the runner's own. */
  onLogEvent?: (program: ExecutableName | 'customerio-sync', told: LogEvent) => void
}

/** Where a run begins, and where it got to. */
interface States {
  before: StateDocument
  after: StateDocument
}

function withoutGuard(connection: Connection): Connection {
  return { ...connection, source: { ...connection.source, max_deleted_percent: 100 } }
}

/** One run under way. */
class Run {
  readonly #connection: Connection
  readonly #options: RunOptions
  readonly #resources: ReadonlyMap<StreamName, Mode>
  readonly #figures = new RunStats()
  readonly #began = performance.now()
  readonly #states: States = { before: {}, after: {} }
  /** Names the newest load before this run. */
  #lastLoad = ''
  readonly record: RunRecord
  /** How each stream is read: as in this run, and one that it leaves out as by others. */
  readonly modes: ReadonlyMap<StreamName, Mode>

  constructor(connection: Connection, options: RunOptions) {
    this.#connection = options.allowsDeletes ? withoutGuard(connection) : connection
    this.#options = options
    this.#resources = options.resources ?? connection.resources
    this.modes = new Map([...connection.resources, ...this.#resources])
    this.record = {
      run_id: randomUUID(),
      connection: connection.name,
      trigger: options.trigger,
      started_at: new Date().toISOString(),
      ended_at: null,
      seconds: null,
      outcome: 'failed',
      exit_status: null,
      error: null,
      requests: 0,
      retries: 0,
      rate_limited: 0,
      streams: this.#streamRecords(),
      is_whole: [...connection.resources.keys()].every((name) => this.#resources.has(name)),
    }
  }

  /** Runs to the end, whatever comes; the record tells. Throws what is a bug. */
  async sync(): Promise<RunRecord> {
    try {
      const state = await this.#prepare()
      return this.#finished(await this.#load(state))
    } catch (error) {
      const stopStatus = this.#stopStatus()
      if (stopStatus !== undefined)
        return this.#finished({ outcome: 'stopped', exitStatus: stopStatus, error: null })
      if (!(error instanceof AppError)) throw error
      return this.#finished(failed(error, 'customerio-sync'))
    }
  }

  /** The record of a run that a bug has ended. */
  broken(bug: unknown): RunRecord {
    const message = bug instanceof Error ? bug.message : String(bug)
    const error = { program: 'customerio-sync', code: null, message } as const
    return this.#finished({ outcome: 'failed', exitStatus: exitStatusOf(bug), error })
  }

  /** The state with which the tap starts. The warehouse's own last commit is the truth about it. */
  async #prepare(): Promise<StateDocument> {
    const { env, signal } = this.#options
    const call = { env, signal, onTold: this.#options.onLogEvent }
    const { state, tables, lastLoad } = await readOwnedState(this.#connection, call, {
      streams: [...this.#resources.keys()],
      takesOver: this.#options.takesOver === true,
    })
    this.#lastLoad = lastLoad
    const lost = lostStreams(state, tables)
    for (const { stream, table, isDropped } of lost) {
      const what = isDropped ? 'is not there any more' : 'has no rows any more'
      this.#warn(`The table ${table} ${what}, so ${stream} is read from its start.`)
    }
    const kept = withoutBookmarks(
      state,
      lost.map(({ stream }) => stream),
    )
    this.#states.before = state
    this.#states.after = kept
    // A load that overwrites empties the tables, so there is nothing behind which a read could go on.
    const isWhole = this.#connection.destination.load_method === 'overwrite'
    const start = isWhole ? withoutProgress(kept) : kept
    return withOwner(start, nextOwner(state, this.#connection))
  }

  async #load(state: StateDocument): Promise<RunResult> {
    const { folder } = this.#connection
    const catalog = printJson(catalogOf(this.#resources))
    const catalogPath = await writeDataFile(this.#connection, 'catalog.json', catalog)
    const statePath = await writeDataFile(this.#connection, 'state.json', printJson(state))
    const envs = childEnvs(this.#connection, this.#options.env)
    const result = await runPair({
      tapArgs: ['--config', 'ENV', '--catalog', catalogPath, '--state', statePath],
      tapEnv: envs.tap,
      targetArgs: loadArgs(this.#lastLoad, statePath),
      targetEnv: envs.target,
      cwd: folder,
      onLog: (program, line) => {
        const told = this.#figures.add(program, line)
        if (told && told.level !== 'critical') this.#options.onLogEvent?.(program, told)
        this.#options.onProgress?.(this.#figures)
      },
      signal: this.#options.signal,
    })
    if (result.lastState !== undefined) this.#states.after = readState(result.lastState)
    const verdict = resultOf(result, this.#figures, this.#stopStatus())
    if (verdict.error?.code === 'TABLES_CHANGED') {
      const { env, signal } = this.#options
      await assertOwned(this.#connection, { env, signal }, [...this.#resources.keys()])
    }
    return verdict
  }

  #warn(message: string): void {
    this.#options.onLogEvent?.('customerio-sync', { level: 'warning', message, fields: {} })
  }

  #stopStatus(): number | undefined {
    const { signal } = this.#options
    if (!signal.aborted) return undefined
    const reason: unknown = signal.reason
    return reason instanceof Error && 'exitStatus' in reason ? Number(reason.exitStatus) : 143
  }

  #streamRecords(): StreamRecord[] {
    const { before, after } = this.#states
    return [...this.#resources].map(([stream, mode]) => {
      const figures = this.#figures.of(stream)
      return {
        stream,
        mode,
        rows_read: figures.read,
        rows_loaded: figures.loaded,
        rows_deleted: figures.deleted,
        rows_rejected: figures.rejected,
        bookmark_before: bookmarkText(before, stream),
        bookmark_after: bookmarkText(after, stream),
        seconds: Math.round(figures.seconds * 10) / 10,
      }
    })
  }

  #finished({ outcome, exitStatus, error }: RunResult): RunRecord {
    return {
      ...this.record,
      ended_at: new Date().toISOString(),
      seconds: Math.round((performance.now() - this.#began) / 100) / 10,
      outcome,
      exit_status: exitStatus,
      error: maskedError(this.#connection, error),
      requests: this.#figures.requests,
      retries: this.#figures.retries,
      rate_limited: this.#figures.rateLimited,
      streams: this.#streamRecords(),
    }
  }
}

/** A history that cannot be written holds up no run. */
async function noted(options: RunOptions, write: () => Promise<unknown>): Promise<void> {
  await write().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The history could not be written: ${reason}.`
    options.onLogEvent?.('customerio-sync', { level: 'warning', message, fields: {} })
  })
}

/** What a killed runner left open is written down as crashed, then this run as begun. */
async function noteStart(history: History, run: Run, options: RunOptions): Promise<void> {
  const killed = await history.closeCrashed(Date.now())
  const damaged = damagedText(history)
  if (damaged !== undefined)
    options.onLogEvent?.('customerio-sync', { level: 'warning', message: damaged, fields: {} })
  for (const crashed of killed) {
    options.onCrashed?.(crashed)
    const left = fullReadLeft(crashed, run.modes)
    const sequel = left === undefined ? '; this one goes on from what it committed.' : `. ${left}`
    const message = `The run of ${crashed.started_at} was killed${sequel}`
    options.onLogEvent?.('customerio-sync', { level: 'warning', message, fields: {} })
  }
  await history.start(run.record)
}

async function lockConnection(
  connection: Connection,
  options: Pick<RunOptions, 'signal' | 'onLogEvent'>,
): Promise<Lock> {
  const { signal } = options
  const onWait = ({ host }: LockOwner) => {
    const machine = host.split(' ')[0] ?? ''
    const message = `The lock is held from ${machine}; waiting for a sign of life from there.`
    options.onLogEvent?.('customerio-sync', { level: 'warning', message, fields: {} })
  }
  try {
    return await takeRunLock(lockPathIn(connection.dataFolder), { signal, onWait })
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error
    throw unwritable(connection.dataFolder, error)
  }
}

/** Does something while no run of the connection can begin. Throws what `runOnce` does. */
export async function holdLock(
  connection: Connection,
  options: Pick<RunOptions, 'env' | 'signal' | 'onLogEvent'>,
  work: () => Promise<void>,
): Promise<void> {
  await makeDataFolder(connection)
  const lock = await lockConnection(connection, options)
  try {
    await work()
  } finally {
    await lock.release()
  }
}

/**
 * Runs the connection once, alone. Returns the record of the run, failed ones too, after it is in the history.
 * Throws RUN_UNDER_WAY where another run of the connection holds the lock, CONFIG_INVALID or OUTPUT_FAILED where its folder cannot be written.
 */
export async function runOnce(connection: Connection, options: RunOptions): Promise<RunRecord> {
  await makeDataFolder(connection)
  const lock = await lockConnection(connection, options)

  try {
    const history = new History(connection.dataFolder)
    const run = new Run(connection, options)
    await noted(options, async () => noteStart(history, run, options))
    const record = await run.sync().catch(async (bug: unknown) => {
      await noted(options, async () => history.end(run.broken(bug)))
      throw bug
    })
    await noted(options, async () => history.end(record))
    await noted(options, async () => history.retain(connection.historyMonths))
    return record
  } finally {
    await lock.release()
  }
}
