/**
 * Runs the schedules of the workspace, except those that other processes run: it takes these over
 * when the other process has ended. While another console holds the lock, it looks again every few
 * seconds.
 */

import { AppError } from '../../errors.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { takeRunLock } from '../../runner/lock/lock.ts'
import { isRunByAnother } from '../../runner/pause/scheduler-note.ts'
import type { Clock } from '../../runner/scheduler/clock.ts'
import { RunMetrics } from '../../runner/scheduler/run-metrics.ts'
import type { OtherSchedulers, ScheduleService } from '../../runner/scheduler/schedule-service.ts'
import type { Api } from '../api/schemas.generated.ts'
import { workspaceName } from './live-run.ts'

const LOOK_EVERY_MS = 5000

export type Schedules = Api<'Schedules'>

export interface KeeperOptions {
  /** The valid connections of the workspace. */
  connections: () => Promise<readonly Connection[]>
  /** Two consoles of one workspace: the lock says which one runs the schedules. */
  lockPath: string
  createService: (others: OtherSchedulers) => ScheduleService
  clock: Clock
  signal: AbortSignal
  /** Called when the state changes. */
  onChange: (schedules: Schedules) => void
}

const ELSEWHERE: Schedules = {
  state: 'elsewhere',
  message:
    'Another process runs the schedules of this workspace. This one takes over when it ends.',
}

/** Pure. @param left names of the connections whose schedules other processes run */
export function schedulesState(left: readonly string[], ownCount: number): Schedules {
  if (left.length > 0 && ownCount === 0) return ELSEWHERE
  const message = `Another process runs the schedules of ${left.join(', ')}. This one takes them over when it ends.`
  return { state: 'running', message: left.length > 0 ? message : null }
}

/** Why the schedules cannot run now; undefined for a bug. */
function stateOf(error: unknown): Schedules | undefined {
  if (error instanceof AppError)
    return error.code === 'RUN_IN_PROGRESS'
      ? ELSEWHERE
      : { state: 'blocked', message: error.fullText }
  // Such as a full disk, which may have space again at the next look.
  const isOfSystem = error instanceof Error && 'code' in error
  return isOfSystem ? { state: 'blocked', message: `${error.message}.` } : undefined
}

export class ScheduleKeeper {
  readonly #options: KeeperOptions
  #state: Schedules = { state: 'blocked', message: 'The schedules are being started.' }
  #metrics = new RunMetrics()

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  get state(): Schedules {
    return this.#state
  }

  /** Metrics of the schedules that run here, as text. */
  metricsText(): string {
    return this.#metrics.text()
  }

  /** Returns when the signal is aborted and no scheduled run is in progress any more. */
  async follow(): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      await this.#runWithLock().catch((error: unknown) => this.#noteFailure(error))
      if (!signal.aborted) await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  #noteFailure(error: unknown): void {
    if (this.#options.signal.aborted) return
    const state = stateOf(error)
    if (!state) throw error
    this.#set(state)
  }

  async #runWithLock(): Promise<void> {
    const { lockPath, signal } = this.#options
    const lock = await takeRunLock(lockPath, { signal })
    try {
      await this.#run()
    } finally {
      await lock.release()
    }
  }

  /** Runs the schedules to the end of this process. Throws CONFIG_INVALID for a conflict. */
  async #run(): Promise<void> {
    const service = this.#options.createService({
      find: async () => this.#elsewhere(),
      onLook: (left) => {
        const names = [...left].map((path) => workspaceName(path))
        this.#set(schedulesState(names, service.scheduled().length))
      },
    })
    this.#metrics = service.published.metrics
    try {
      await service.begin()
      await service.follow()
    } finally {
      await service.close()
    }
  }

  /** The connections whose notes name another process that lives. */
  async #elsewhere(): Promise<Set<string>> {
    const { connections, clock } = this.#options
    const found = new Set<string>()
    for (const connection of await connections())
      if (await isRunByAnother(connection, clock.now())) found.add(connection.path)
    return found
  }

  #set(state: Schedules): void {
    const isSame = state.state === this.#state.state && state.message === this.#state.message
    this.#state = state
    if (!isSame) this.#options.onChange(state)
  }
}
