/**
 * A note in the data folder by the process that runs the schedule: which process it is, and until
 * when the connection is paused. `status` reads it, and the next process, which keeps the pause.
 */

import { lstat, lutimes, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MINUTE_MS } from '../../time.ts'
import { readDataText } from '../connection/data-file.ts'
import { makeDataFolder, writeDataFile } from '../connection/data-folder.ts'
import type { Connection } from '../connection/connection.ts'
import { isNumber, isString, withShape, type Shape } from '../history/shape.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from '../lock/process-identity.ts'
import { outlivesProcess, type Backoff } from './backoff.ts'
import { settingsDigest } from './settings-digest.ts'

const FILE = 'scheduler.json'

/** How often the process touches its note, for readers on other machines, and restores it. */
const TOUCH_EVERY_MS = MINUTE_MS / 2
/** A process on another machine has ended when its note is older than this by our clock. */
const SILENCE_MS = 3 * MINUTE_MS

export interface SchedulerNote {
  /** Whether its process still runs the schedule. */
  isRunning: boolean
  /** The last pause, which may be over. */
  backoff: Backoff | undefined
}

const PROCESS: Shape<ProcessIdentity> = { pid: isNumber, host: isString, started: isString }
const BACKOFF: Shape<Backoff> = {
  since: isNumber,
  until: isNumber,
  failures: isNumber,
  fingerprint: isString,
  exitStatus: isNumber,
}

function pathIn(dataFolder: string): string {
  return join(dataFolder, FILE)
}

/** What a process notes about a connection. */
interface Noted {
  connection: Connection
  backoff: Backoff | undefined
  /** Of the settings with which the process runs the connection. */
  settings: string
  /** Whether the process leaves the connection to every other one that runs its schedule. */
  yields: boolean
}

/**
 * Throws CONFIG_INVALID or OUTPUT_FAILED when the data folder is not writable.
 * @param owner null when the process has stopped
 */
async function writeNote(
  { connection, backoff, settings, yields }: Noted,
  owner: ProcessIdentity | null,
): Promise<void> {
  await makeDataFolder(connection)
  const note = { process: owner, backoff: backoff ?? null, settings, yields }
  await writeDataFile(connection, FILE, `${JSON.stringify(note)}\n`)
}

interface StoredNote {
  /** Null when it has stopped and left its pause. */
  process: ProcessIdentity | null
  backoff: Backoff | undefined
  settings: string | undefined
  yields: boolean
}

/** Undefined for a missing, unreadable or damaged note. */
async function readNote({ dataFolder }: Connection): Promise<StoredNote | undefined> {
  try {
    const document = JSON.parse((await readDataText(pathIn(dataFolder))) ?? '') as unknown
    if (typeof document !== 'object' || document === null) return undefined
    const { process: owner, backoff, settings, yields } = document as Record<string, unknown>
    const known = owner === null ? null : withShape(owner, PROCESS)
    if (known === undefined) return undefined
    return {
      process: known,
      backoff: withShape(backoff, BACKOFF),
      settings: typeof settings === 'string' ? settings : undefined,
      yields: yields === true,
    }
  } catch {
    return undefined
  }
}

async function wasTouched({ dataFolder }: Connection, nowMs: number): Promise<boolean> {
  const touchedAt = (await lstat(pathIn(dataFolder)).catch(() => undefined))?.mtimeMs
  return touchedAt !== undefined && Math.abs(nowMs - touchedAt) < SILENCE_MS
}

/** Whether the process of the note still runs the schedule. */
async function isRunning(
  { process: owner }: StoredNote,
  connection: Connection,
  nowMs: number,
): Promise<boolean> {
  if (!owner) return false
  const life = lifeOf(owner)
  return life === 'alive' || (life === 'unknown' && (await wasTouched(connection, nowMs)))
}

function isOwn(note: StoredNote | undefined): boolean {
  return isDeepStrictEqual(note?.process, ownIdentity())
}

/** The note of another process that still runs the schedule of the connection. Never throws. */
async function noteOfAnother(
  connection: Connection,
  nowMs: number,
): Promise<StoredNote | undefined> {
  const found = await readNote(connection)
  const isOfAnother = found && !isOwn(found) && (await isRunning(found, connection, nowMs))
  return isOfAnother ? found : undefined
}

/** Writes the note as ours. One that yields leaves the note of another process as it is. */
async function takeNote(noted: Noted): Promise<void> {
  if (noted.yields && (await noteOfAnother(noted.connection, Date.now()))) return
  await writeNote(noted, ownIdentity())
}

/**
 * Shows readers on other machines that the process still runs. Restores a note that is gone, or
 * that another process took over and left. Takes it back at once from one that yields.
 */
async function touchNote(noted: Noted): Promise<void> {
  const { connection } = noted
  const now = new Date()
  if (isOwn(await readNote(connection))) {
    await lutimes(pathIn(connection.dataFolder), now, now)
    return
  }
  const other = await noteOfAnother(connection, now.getTime())
  if (!other || other.yields) await takeNote(noted)
}

/** Removes our own note, not that of another process. */
async function removeNote(connection: Connection): Promise<void> {
  if (isOwn(await readNote(connection))) await rm(pathIn(connection.dataFolder), { force: true })
}

/** Leaves a pause that the next process keeps. Without one, removes the note. */
async function leaveNote(noted: Noted): Promise<void> {
  const { connection, backoff } = noted
  if (!backoff || !outlivesProcess(backoff)) await removeNote(connection)
  else if (isOwn(await readNote(connection))) await writeNote(noted, null)
}

/** Undefined when no process has left a note. Never throws. */
export async function readSchedulerNote(
  connection: Connection,
  nowMs: number,
): Promise<SchedulerNote | undefined> {
  const found = await readNote(connection)
  if (!found) return undefined
  return { isRunning: await isRunning(found, connection, nowMs), backoff: found.backoff }
}

/** Whether another process seems to run the schedule of the connection too. Never throws. */
export async function isRunByAnother(connection: Connection, nowMs: number): Promise<boolean> {
  return (await noteOfAnother(connection, nowMs)) !== undefined
}

/**
 * Whether another process seems to run the schedule of the connection too, and does not leave it to
 * this one. Never throws.
 */
export async function staysWithAnother(connection: Connection, nowMs: number): Promise<boolean> {
  return (await noteOfAnother(connection, nowMs))?.yields === false
}

/**
 * The last pause that a process noted, which may be over. Undefined when a restart can help: after
 * an error of the configuration, and when the environment gives the connection other settings now.
 * Never throws.
 */
export async function readNotedPause(
  connection: Connection,
  env: NodeJS.ProcessEnv,
): Promise<Backoff | undefined> {
  const { settings, backoff } = (await readNote(connection)) ?? {}
  if (!backoff || !outlivesProcess(backoff)) return undefined
  return settings === settingsDigest(connection, env) ? backoff : undefined
}

interface NotesOptions {
  /** Whether this process leaves a connection to every other one that runs its schedule. */
  yields?: boolean
  touchEveryMs?: number
}

/**
 * The notes of this process. They are written in order and in the background. A data folder that is
 * not writable is reported by the run, so a note never fails.
 */
export class SchedulerNotes {
  readonly #env: NodeJS.ProcessEnv
  readonly #yields: boolean
  /** By data folder. */
  readonly #noted = new Map<string, Noted>()
  readonly #timer: NodeJS.Timeout
  #last = Promise.resolve()

  /** Call `close` on every path. */
  constructor(
    env: NodeJS.ProcessEnv,
    { yields = false, touchEveryMs = TOUCH_EVERY_MS }: NotesOptions = {},
  ) {
    this.#env = env
    this.#yields = yields
    this.#timer = setInterval(() => {
      for (const noted of this.#noted.values()) this.#enqueue(async () => touchNote(noted))
    }, touchEveryMs)
  }

  /** Notes that this process runs the schedule, and its pause, if any. Returns at once. */
  write(connection: Connection, backoff: Backoff | undefined): void {
    const settings = settingsDigest(connection, this.#env)
    const noted = { connection, backoff, settings, yields: this.#yields }
    this.#noted.set(connection.dataFolder, noted)
    this.#enqueue(async () => takeNote(noted))
  }

  /** Notes that this process does not run the schedule any more. Returns at once. */
  remove(connection: Connection): void {
    this.#noted.delete(connection.dataFolder)
    this.#enqueue(async () => removeNote(connection))
  }

  /** Removes all notes, except those with a pause that the next process keeps. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const noted of this.#noted.values()) this.#enqueue(async () => leaveNote(noted))
    await this.#last
  }

  #enqueue(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(() => undefined)
  }
}
