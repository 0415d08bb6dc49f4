/**
 * Allows one run of a connection at a time, by a lock file that names its owner. The lock of a dead
 * process is taken over.
 *
 * A takeover is exclusive: a process must hold a second lock, named after the dead owner's token,
 * before it removes the file. So only one process removes it, and never a file that a live owner
 * created since.
 *
 * Own code, because lock libraries rely on modification times and do not detect a reused PID.
 */

import { randomUUID } from 'node:crypto'
import { link, lstat, lutimes, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import { createDataFile, hasCode, readDataText } from '../connection/data-file.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** How often the owner touches the file. It matters only for owners on other machines. */
const HEARTBEAT_MS = 5000
/** An owner on another machine is dead when its file is not touched for this long by our clock. */
const SILENCE_MS = 25_000
/** How long to watch for a heartbeat before giving up, when the lock is not to be taken. */
const WATCH_MS = HEARTBEAT_MS + 1000

export interface LockOwner extends ProcessIdentity {
  token: string
  /** RFC 3339. */
  since: string
}

export interface LockOptions {
  signal: AbortSignal
  /** Called before a wait for a heartbeat from another machine. */
  onWait?: (owner: LockOwner) => void
  /** @default 25000 */
  silenceMs?: number
}

export interface Lock {
  owner: LockOwner
  /** Releases the lock. Never throws. */
  release: () => Promise<void>
}

/** The owner of a damaged file. */
const UNREADABLE: LockOwner = { token: 'unreadable', pid: 0, host: '', started: '', since: '' }

/** Tokens become parts of file names. */
const TOKEN = /^[\w -]{1,64}$/

/** Path of a connection's lock. */
export function lockPathIn(dataFolder: string): string {
  return join(dataFolder, 'lock')
}

/**
 * The owner, or undefined when the lock is free. Lock files appear complete, so a damaged one
 * belongs to a dead owner.
 */
export async function readLock(path: string): Promise<LockOwner | undefined> {
  const text = await readDataText(path)
  return text === undefined ? undefined : (parseOwner(text) ?? UNREADABLE)
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<LockOwner> | null
    const { token, pid, host, started, since } = parsed ?? {}
    const isComplete =
      Number.isSafeInteger(pid) &&
      TOKEN.test(token ?? '') &&
      [token, host, started, since].every((member) => typeof member === 'string')
    return isComplete ? (parsed as LockOwner) : undefined
  } catch {
    return undefined
  }
}

/** Creates the file with its content atomically. False when it exists. */
async function createLockFile(path: string, owner: LockOwner): Promise<boolean> {
  const temporary = `${path}.${owner.token}.new`
  try {
    await createDataFile(temporary, `${JSON.stringify(owner)}\n`)
    await link(temporary, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Watches the file for `silenceMs`. True when nobody touched it. */
async function isSilent(path: string, owner: LockOwner, options: LockOptions): Promise<boolean> {
  const touchedAt = async () => (await lstat(path).catch(() => undefined))?.mtimeMs
  const before = await touchedAt()
  options.onWait?.(owner)
  await sleep(options.silenceMs ?? SILENCE_MS, undefined, { signal: options.signal })
  return before !== undefined && (await touchedAt()) === before
}

/**
 * Whether a process on another machine still holds the lock: the file names it and was touched
 * recently. An old time can mean that the clocks differ, so the file is then watched for a
 * heartbeat.
 */
export async function isHeldBy(
  path: string,
  { pid, host, started }: ProcessIdentity,
): Promise<boolean> {
  const owner = await readLock(path).catch(() => undefined)
  if (owner?.pid !== pid || owner.host !== host || owner.started !== started) return false
  const touchedAt = (await lstat(path).catch(() => undefined))?.mtimeMs
  if (touchedAt === undefined) return false
  if (Math.abs(Date.now() - touchedAt) < SILENCE_MS) return true
  const options = { signal: new AbortController().signal, silenceMs: WATCH_MS }
  return !(await isSilent(path, owner, options))
}

async function isAbandoned(path: string, owner: LockOwner, options: LockOptions): Promise<boolean> {
  if (owner === UNREADABLE) return true
  const life = lifeOf(owner)
  return life === 'ended' || (life === 'unknown' && (await isSilent(path, owner, options)))
}

async function removeAbandoned(path: string, dead: LockOwner, options: LockOptions): Promise<void> {
  const removal = await takeRunLock(`${path}.${dead.token}`, options)
  try {
    if ((await readLock(path))?.token === dead.token) await rm(path, { force: true })
  } finally {
    await removal.release()
  }
}

function heldError(owner: LockOwner): AppError {
  const machine = owner.host.split(' ')[0] ?? ''
  return new AppError(
    'RUN_IN_PROGRESS',
    `This connection has been running since ${owner.since} in process ${owner.pid} on ${machine}.`,
    { hint: 'Wait until that run ends, or stop it with SIGTERM.' },
  )
}

/**
 * Takes the lock. Throws RUN_IN_PROGRESS with the owner when a live process holds it, and the
 * signal's reason when aborted.
 */
export async function takeRunLock(path: string, options: LockOptions): Promise<Lock> {
  const owner = { token: randomUUID(), ...ownIdentity(), since: new Date().toISOString() }
  while (!(await createLockFile(path, owner))) {
    const other = await readLock(path)
    if (!other) continue
    if (!(await isAbandoned(path, other, options))) throw heldError(other)
    await removeAbandoned(path, other, options)
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    lutimes(path, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  const release = async () => {
    clearInterval(heartbeat)
    const current = await readLock(path).catch(() => undefined)
    if (current?.token === owner.token) await rm(path, { force: true }).catch(() => undefined)
  }
  return { owner, release }
}
