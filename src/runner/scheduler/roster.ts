/**
 * The connections that a scheduler runs. Each look compares them with their files, so that added,
 * changed and removed files count while the scheduler runs.
 */

import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import { refuseConflicts, refusedVersions } from '../connection/conflicts.ts'
import { ConnectionFile } from '../connection/connection-file.ts'
import type { Connection } from '../connection/connection.ts'
import { connectionFingerprint } from '../connection/shared-destination.ts'
import { createSchedule, isPaused, type Schedule } from '../schedule/schedule.ts'

/** A connection with a schedule. */
export interface ScheduledConnection {
  file: ConnectionFile
  schedule: Schedule
}

/** What a look found. */
export type Change =
  | ({ type: 'scheduled'; path: string; scheduled: ScheduledConnection } & Arrival)
  /** Removed, or manual from now on. */
  | { type: 'unscheduled'; path: string; connection: Connection; isRemoved: boolean }
  /** The last valid version, if any, stays scheduled. */
  | { type: 'invalid'; path: string; known: Connection | undefined; error: AppError }

interface Arrival {
  /** It had no schedule that runs before. */
  isNew: boolean
  /** It was paused, and has the same schedule again. */
  isResumed: boolean
}

interface Entry {
  fingerprint: string
  file: ConnectionFile | undefined
  schedule: Schedule | undefined
  /** Why the file cannot be used now. Reported once. */
  problem: string | undefined
  /** Whether the last look did not find the file, nor its folder. */
  isAway: boolean
}

/** A file that is new or changed, or that had a problem at the last look. */
interface Version {
  path: string
  fingerprint: string
  content: AppError | { connection: Connection; schedule: Schedule | undefined }
}

export interface RosterOptions {
  /** Reads a connection file. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  /** Wall time in epoch milliseconds. */
  now: () => number
}

/** An error of the system must not stop the other connections. */
function problemOf(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const sentence = `The connection file ${path} could not be used (${reason}).`
  return new AppError('CONFIG_INVALID', sentence, { cause: error })
}

/** Undefined for a manual schedule. */
function scheduleOf(connection: Connection, now: number): Schedule | undefined {
  const schedule = createSchedule(connection.schedule, now)
  return schedule.nextAfter(now) === undefined ? undefined : schedule
}

/** Whether the version ends a pause, and changes nothing else of the schedule. */
function endsPause({ schedule }: Connection, earlier: Connection | undefined): boolean {
  if (!earlier || !isPaused(earlier.schedule)) return false
  return isDeepStrictEqual({ ...schedule, paused: true }, earlier.schedule)
}

/** False for a path that cannot be read. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

export class Roster {
  readonly #options: RosterOptions
  /** By absolute path, in the order of the first look. */
  readonly #entries = new Map<string, Entry>()
  /** Paths of the connections that are left to other processes. */
  #left: ReadonlySet<string> = new Set()
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

  /** The connections that a person has paused. */
  paused(): Connection[] {
    return this.#others(new Set()).filter(({ schedule }) => isPaused(schedule))
  }

  /**
   * Compares the connections with these files. Returns what has changed since the last look. The
   * first look throws CONFIG_INVALID when two connections conflict, manual ones included; later
   * ones keep the connection that was there first.
   *
   * @param left those that other processes run. They count like manual ones: they have no schedule
   *   here, and others may conflict with them
   */
  async look(paths: readonly string[], left: ReadonlySet<string> = new Set()): Promise<Change[]> {
    const found = new Set(paths.map((path) => resolve(path)))
    const returned = new Set([...this.#left].filter((path) => !left.has(path)))
    this.#left = left
    const changes = [...(await this.#removeMissing(found)), ...this.#leave()]
    const versions: Version[] = []
    for (const path of found) versions.push(...(await this.#versionAt(path, returned.has(path))))
    const settled = this.#isFirstLook ? versions : this.#withoutConflicts(versions)
    for (const version of settled) changes.push(...this.#take(version))
    if (this.#isFirstLook) refuseConflicts(this.#others(new Set()))
    this.#isFirstLook = false
    return changes
  }

  /** A missing folder may be on its way back, so its files are removed at the second look. */
  async #removeMissing(found: ReadonlySet<string>): Promise<Change[]> {
    const changes: Change[] = []
    for (const [path, entry] of this.#entries) {
      const wasAway = entry.isAway
      entry.isAway = !found.has(path) && !(await isFolder(dirname(path)))
      if (found.has(path) || (entry.isAway && !wasAway)) continue
      this.#entries.delete(path)
      const { file, schedule } = entry
      if (file && schedule)
        changes.push({ type: 'unscheduled', path, connection: file.known, isRemoved: true })
    }
    return changes
  }

  /** Takes the schedules of the connections that are left to other processes now. */
  #leave(): Change[] {
    return [...this.#entries].flatMap(([path, entry]): Change[] => {
      const { file, schedule } = entry
      if (!file || !schedule || !this.#left.has(path)) return []
      entry.schedule = undefined
      return [{ type: 'unscheduled', path, connection: file.known, isRemoved: false }]
    })
  }

  /** A file with a problem is read at each look, because the problem may be in another file. */
  async #versionAt(path: string, isReturned: boolean): Promise<Version[]> {
    const fingerprint = await connectionFingerprint(path)
    const known = this.#entries.get(path)
    const isSame = known?.fingerprint === fingerprint && known.problem === undefined
    if (isSame && !isReturned) return []
    try {
      const connection = await this.#options.open(path)
      const isLeft = this.#left.has(path)
      const schedule = isLeft ? undefined : scheduleOf(connection, this.#options.now())
      return [{ path, fingerprint, content: { connection, schedule } }]
    } catch (error) {
      return [{ path, fingerprint, content: problemOf(error, path) }]
    }
  }

  /**
   * The versions, where a conflict takes the place of a connection that would have one. Of two that
   * conflict, the one that was valid at the last look comes first.
   */
  #withoutConflicts(versions: readonly Version[]): Version[] {
    const wasValid = ({ path }: Version) => {
      const entry = this.#entries.get(path)
      return entry !== undefined && entry.problem === undefined
    }
    const inOrder = [...versions.filter(wasValid), ...versions.filter((one) => !wasValid(one))]
    const changed = inOrder.flatMap(({ path, content }) => {
      const earlier = this.#entries.get(path)?.file?.known
      return content instanceof AppError ? [] : [{ path, earlier, next: content.connection }]
    })
    const unchanged = this.#others(new Set(changed.map(({ path }) => path)))
    const refused = refusedVersions(changed, unchanged)
    return versions.map((version) => {
      const { content } = version
      if (content instanceof AppError) return version
      return { ...version, content: refused.get(content.connection) ?? content }
    })
  }

  #take({ path, fingerprint, content }: Version): Change[] {
    const earlier = this.#entries.get(path)
    const { schedule } = earlier ?? {}
    if (content instanceof AppError) {
      const problem = content.fullText
      const file = earlier?.file
      this.#entries.set(path, { fingerprint, file, schedule, problem, isAway: false })
      if (problem === earlier?.problem) return []
      return [{ type: 'invalid', path, known: file?.known, error: content }]
    }
    const { connection, schedule: next } = content
    const isResumed = endsPause(connection, earlier?.file?.known)
    const file = earlier?.file ?? new ConnectionFile(connection, async () => this.#reopen(path))
    file.take(connection)
    const entry = { fingerprint, file, schedule: next, problem: undefined, isAway: false }
    this.#entries.set(path, entry)
    if (next) {
      const scheduled = { file, schedule: next }
      const isNew = schedule === undefined
      return [{ type: 'scheduled', path, isNew, isResumed, scheduled }]
    }
    return schedule ? [{ type: 'unscheduled', path, connection, isRemoved: false }] : []
  }

  /** The last valid versions of all connections but these, manual ones included. */
  #others(paths: ReadonlySet<string>): Connection[] {
    return [...this.#entries].flatMap(([path, { file }]) =>
      file && !paths.has(path) ? [file.known] : [],
    )
  }

  /** Throws CONFIG_INVALID also for a conflict with another connection of the roster. */
  async #reopen(path: string): Promise<Connection> {
    const next = await this.#options.open(path)
    const changed = [{ earlier: undefined, next }]
    const refused = refusedVersions(changed, this.#others(new Set([path])))
    const conflict = refused.get(next)
    if (conflict) throw conflict
    return next
  }
}
