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
import { settingsDigest } from '../connection/settings-digest.ts'
import { isNumber, isString, withShape, type Shape } from '../history/shape.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from '../lock/process-identity.ts'
import type { Backoff } from './backoff.ts'

const FILE = 'scheduler.json'

/** How often the process touches its note. It matters only for readers on other machines. */
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
}

/** Throws CONFIG_INVALID or OUTPUT_FAILED when the data folder is not writable. */
async function writeNote({ connection, backoff, settings }: Noted): Promise<void> {
  await makeDataFolder(connection)
  const note = { process: ownIdentity(), backoff: backoff ?? null, settings }
  await writeDataFile(connection, FILE, `${JSON.stringify(note)}\n`)
}

/** Shows readers on other machines that the process still runs. Never throws. */
async function touchNote({ dataFolder }: Connection): Promise<void> {
  const now = new Date()
  await lutimes(pathIn(dataFolder), now, now).catch(() => undefined)
}

/** Removes our own note, not that of another process. Never throws. */
async function removeNote({ dataFolder }: Connection): Promise<void> {
  const found = await readNote(dataFolder)
  if (found && isDeepStrictEqual(found.process, ownIdentity()))
    await rm(pathIn(dataFolder), { force: true }).catch(() => undefined)
}

interface StoredNote {
  process: ProcessIdentity
  backoff: Backoff | undefined
  settings: string | undefined
}

/** Undefined for a missing, unreadable or damaged note. */
async function readNote(dataFolder: string): Promise<StoredNote | undefined> {
  try {
    const document = JSON.parse((await readDataText(pathIn(dataFolder))) ?? '') as unknown
    if (typeof document !== 'object' || document === null) return undefined
    const { process: owner, backoff, settings } = document as Record<string, unknown>
    const known = withShape(owner, PROCESS)
    return (
      known && {
        process: known,
        backoff: withShape(backoff, BACKOFF),
        settings: typeof settings === 'string' ? settings : undefined,
      }
    )
  } catch {
    return undefined
  }
}

async function wasTouched(dataFolder: string, nowMs: number): Promise<boolean> {
  const touchedAt = (await lstat(pathIn(dataFolder)).catch(() => undefined))?.mtimeMs
  return touchedAt !== undefined && Math.abs(nowMs - touchedAt) < SILENCE_MS
}

/** Undefined when no process has left a note. Never throws. */
export async function readSchedulerNote(
  { dataFolder }: Connection,
  nowMs: number,
): Promise<SchedulerNote | undefined> {
  const found = await readNote(dataFolder)
  if (!found) return undefined
  const life = lifeOf(found.process)
  const isRunning =
    life === 'alive' || (life === 'unknown' && (await wasTouched(dataFolder, nowMs)))
  return { isRunning, backoff: found.backoff }
}

/**
 * The last pause that a process noted, which may be over. Undefined when the environment gives the
 * connection other settings now: then a retry can help. Never throws.
 */
export async function readNotedPause(
  connection: Connection,
  env: NodeJS.ProcessEnv,
): Promise<Backoff | undefined> {
  const found = await readNote(connection.dataFolder)
  return found?.settings === settingsDigest(connection, env) ? found.backoff : undefined
}

/**
 * The notes of this process. They are written in order and in the background. A data folder that is
 * not writable is reported by the run, so a note never fails.
 */
export class SchedulerNotes {
  readonly #env: NodeJS.ProcessEnv
  /** By data folder. */
  readonly #noted = new Map<string, Noted>()
  readonly #timer: NodeJS.Timeout
  #last = Promise.resolve()

  /** Call `close` on every path. */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
    this.#timer = setInterval(() => {
      for (const { connection } of this.#noted.values())
        this.#enqueue(async () => touchNote(connection))
    }, TOUCH_EVERY_MS)
  }

  /** Notes that this process runs the schedule, and its pause, if any. Returns at once. */
  write(connection: Connection, backoff: Backoff | undefined): void {
    const noted = { connection, backoff, settings: settingsDigest(connection, this.#env) }
    this.#noted.set(connection.dataFolder, noted)
    this.#enqueue(async () => writeNote(noted))
  }

  /** Notes that this process does not run the schedule any more. Returns at once. */
  remove(connection: Connection): void {
    this.#noted.delete(connection.dataFolder)
    this.#enqueue(async () => removeNote(connection))
  }

  /** Removes all notes, except those with a pause: the next process keeps it. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const { connection, backoff } of this.#noted.values())
      if (!backoff) this.remove(connection)
    await this.#last
  }

  #enqueue(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(() => undefined)
  }
}
