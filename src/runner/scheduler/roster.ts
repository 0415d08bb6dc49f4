/**
 * The connections that a scheduler runs. Each look compares them with their files, so that added,
 * changed and removed files count while the scheduler runs.
 */

import { resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { refuseConflicts } from '../connection/conflicts.ts'
import { ConnectionFile } from '../connection/connection-file.ts'
import type { Connection } from '../connection/connection.ts'
import { connectionFingerprint } from '../connection/shared-destination.ts'
import { createSchedule, type Schedule } from '../schedule/schedule.ts'

/** A connection with a schedule. */
export interface ScheduledConnection {
  file: ConnectionFile
  schedule: Schedule
}

/** What a look found. */
export type Change =
  | { type: 'scheduled'; path: string; isNew: boolean; scheduled: ScheduledConnection }
  /** Removed, or manual from now on. */
  | { type: 'unscheduled'; path: string; connection: Connection; isRemoved: boolean }
  /** The last valid version, if any, stays scheduled. */
  | { type: 'invalid'; path: string; known: Connection | undefined; error: AppError }

interface Entry {
  fingerprint: string
  file: ConnectionFile | undefined
  schedule: Schedule | undefined
  /** Why the file cannot be used now. Reported once. */
  problem: string | undefined
}

export interface RosterOptions {
  /** Reads a connection file. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  /** Wall time in epoch milliseconds. */
  now: () => number
}

export class Roster {
  readonly #options: RosterOptions
  /** By absolute path, in the order of the first look. */
  readonly #entries = new Map<string, Entry>()
  #isFirstLook = true

  constructor(options: RosterOptions) {
    this.#options = options
  }

  /** The connections with a schedule. */
  scheduled(): ScheduledConnection[] {
    return [...this.#entries.values()].flatMap(({ file, schedule }) =>
      file && schedule ? [{ file, schedule }] : [],
    )
  }

  /**
   * Compares the connections with these files. Returns what has changed since the last look. The
   * first look throws CONFIG_INVALID when two scheduled connections conflict; later ones keep the
   * connection that was there first.
   */
  async look(paths: readonly string[]): Promise<Change[]> {
    const found = new Set(paths.map((path) => resolve(path)))
    const changes: Change[] = []
    for (const [path, { file, schedule }] of this.#entries) {
      if (found.has(path)) continue
      this.#entries.delete(path)
      if (file && schedule)
        changes.push({ type: 'unscheduled', path, connection: file.known, isRemoved: true })
    }
    for (const path of found) changes.push(...(await this.#lookAt(path)))
    if (this.#isFirstLook) refuseConflicts(this.scheduled().map(({ file }) => file.known))
    this.#isFirstLook = false
    return changes
  }

  /** A file with a problem is read at each look, because the problem may be in another file. */
  async #lookAt(path: string): Promise<Change[]> {
    const fingerprint = await connectionFingerprint(path)
    const known = this.#entries.get(path)
    if (known?.fingerprint === fingerprint && known.problem === undefined) return []
    const { file, schedule } = known ?? {}
    try {
      const opened =
        file ?? new ConnectionFile(await this.#open(path), async () => this.#open(path))
      const connection = await opened.reopen()
      const next = this.#scheduleOf(connection)
      const entry = { fingerprint, file: opened, schedule: next, problem: undefined }
      this.#entries.set(path, entry)
      if (next) {
        const scheduled = { file: opened, schedule: next }
        return [{ type: 'scheduled', path, isNew: schedule === undefined, scheduled }]
      }
      return schedule ? [{ type: 'unscheduled', path, connection, isRemoved: false }] : []
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const problem = error.fullText
      this.#entries.set(path, { fingerprint, file, schedule, problem })
      if (problem === known?.problem) return []
      return [{ type: 'invalid', path, known: file?.known, error }]
    }
  }

  /** Undefined for a manual schedule. */
  #scheduleOf(connection: Connection): Schedule | undefined {
    const now = this.#options.now()
    const schedule = createSchedule(connection.schedule, now)
    return schedule.nextAfter(now) === undefined ? undefined : schedule
  }

  /** Throws CONFIG_INVALID also for a conflict with another connection of the roster. */
  async #open(path: string): Promise<Connection> {
    const connection = await this.#options.open(path)
    if (this.#isFirstLook) return connection
    const others = this.scheduled().map(({ file }) => file.known)
    refuseConflicts([...others.filter((other) => other.path !== path), connection])
    return connection
  }
}
