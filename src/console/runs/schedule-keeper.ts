/**
 * Runs the schedules of the workspace while no other process does. Otherwise it looks again every
 * few seconds, and takes them over when the other process has ended.
 */

import { AppError } from '../../errors.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { takeRunLock, type Lock } from '../../runner/lock/lock.ts'
import { isRunByAnother } from '../../runner/pause/scheduler-note.ts'
import type { Clock } from '../../runner/scheduler/clock.ts'
import type { ScheduleService } from '../../runner/scheduler/schedule-service.ts'
import type { Api } from '../api/schemas.generated.ts'

const LOOK_EVERY_MS = 5000

export type Schedules = Api<'Schedules'>

export interface KeeperOptions {
  /** The valid connections of the workspace. */
  connections: () => Promise<readonly Connection[]>
  /** Two consoles of one workspace: the lock says which one runs the schedules. */
  lockPath: string
  createService: () => ScheduleService
  clock: Clock
  signal: AbortSignal
  /** Called when the state changes. */
  onChange: (schedules: Schedules) => void
}

const ELSEWHERE =
  'Another process runs the schedules of this workspace. This one takes over when it ends.'

export class ScheduleKeeper {
  readonly #options: KeeperOptions
  #state: Schedules = { state: 'blocked', message: 'The schedules are being started.' }

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  get state(): Schedules {
    return this.#state
  }

  /** Returns when the signal is aborted and no scheduled run is in progress any more. */
  async follow(): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      if (await this.#isRunElsewhere()) this.#set({ state: 'elsewhere', message: ELSEWHERE })
      else await this.#runWithLock()
      if (!signal.aborted) await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  /** Whether the note of any connection names another process that lives. */
  async #isRunElsewhere(): Promise<boolean> {
    const { connections, clock } = this.#options
    for (const connection of await connections()) {
      if (await isRunByAnother(connection, clock.now())) return true
    }
    return false
  }

  async #runWithLock(): Promise<void> {
    const { lockPath, signal } = this.#options
    let lock: Lock
    try {
      lock = await takeRunLock(lockPath, { signal })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof AppError)) throw error
      this.#set({ state: 'elsewhere', message: ELSEWHERE })
      return
    }
    try {
      await this.#run()
    } finally {
      await lock.release()
    }
  }

  /** Runs the schedules to the end of this process, unless connections conflict. */
  async #run(): Promise<void> {
    const service = this.#options.createService()
    try {
      await service.begin()
      this.#set({ state: 'running', message: null })
      await service.follow()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#set({ state: 'blocked', message: error.fullText })
    } finally {
      await service.close()
    }
  }

  #set(state: Schedules): void {
    const isSame = state.state === this.#state.state && state.message === this.#state.message
    this.#state = state
    if (!isSame) this.#options.onChange(state)
  }
}
