/**
 * One run of a connection at a time, by a file that names its owner. The file does not outlive its owner's rights: one whose process is
 * gone, by whatever, is taken over.
 *
 * Taking over is itself exclusive: whoever wants to remove a dead owner's file first takes the lock of that removal, whose name holds the
 * dead owner's token. So no two can remove, and nobody removes a file that a living one has put there meanwhile.
 */

import { randomUUID } from 'node:crypto'
import { link, lstat, lutimes, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import { createDataFile, hasCode, readDataText } from '../connection/data-file.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** How often the owner touches the file; only owners on other machines are judged by it. */
const HEARTBEAT_MS = 5000
/** A file of another machine's that nobody touched for so long, by our own clock, is a dead owner's. */
const SILENCE_MS = 25_000
/** So long it is watched whether a living owner touches the file, where nothing is to be taken from it. */
const WATCH_MS = HEARTBEAT_MS + 1000

export interface LockOwner extends ProcessIdentity {
  token: string
  /** RFC 3339. */
  since: string
}

export interface LockOptions {
  signal: AbortSignal
  /** Called before a wait for a sign of life from another machine. */
  onWait?: (owner: LockOwner) => void
  /** @default 25000 */
  silenceMs?: number
}

export interface Lock {
  owner: LockOwner
  /** Gives the lock back. Never throws. */
  release: () => Promise<void>
}

/** Stands for the owner of a file that says nothing. */
const UNREADABLE: LockOwner = { token: 'unreadable', pid: 0, host: '', started: '', since: '' }

/** A token is a part of a file name. */
const TOKEN = /^[\w -]{1,64}$/

/** Where a connection's lock is. */
export function lockPathIn(dataFolder: string): string {
  return join(dataFolder, 'lock')
}

/** Who holds it; undefined where nobody does. A damaged file is that of an owner who is gone: it is never seen half-written. */
export async function readLock(path: string): Promise<LockOwner | undefined> {
  const text = await readDataText(path)
  return text === undefined ? undefined : (parseOwner(text) ?? UNREADABLE)
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<LockOwner> | null
    const { token, pid, host, started, since } = parsed ?? {}
    const isWhole =
      Number.isSafeInteger(pid) &&
      TOKEN.test(token ?? '') &&
      [token, host, started, since].every((member) => typeof member === 'string')
    return isWhole ? (parsed as LockOwner) : undefined
  } catch {
    return undefined
  }
}

/** Puts the file there with its content in one step; false where one is there. */
async function place(path: string, owner: LockOwner): Promise<boolean> {
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

/** Whether the file stayed untouched for the time of silence. */
async function isSilent(path: string, owner: LockOwner, options: LockOptions): Promise<boolean> {
  const touched = async () => (await lstat(path).catch(() => undefined))?.mtimeMs
  const before = await touched()
  options.onWait?.(owner)
  await sleep(options.silenceMs ?? SILENCE_MS, undefined, { signal: options.signal })
  return before !== undefined && (await touched()) === before
}

/**
 * Whether a process of another machine still holds the lock: its file names it, and was touched not long ago. Where that is in doubt, the
 * clocks of the two may differ: it is watched for a heartbeat.
 */
export async function isHeldBy(
  path: string,
  { pid, host, started }: ProcessIdentity,
): Promise<boolean> {
  const owner = await readLock(path).catch(() => undefined)
  if (owner?.pid !== pid || owner.host !== host || owner.started !== started) return false
  const touched = (await lstat(path).catch(() => undefined))?.mtimeMs
  if (touched === undefined) return false
  if (Math.abs(Date.now() - touched) < SILENCE_MS) return true
  const options = { signal: new AbortController().signal, silenceMs: WATCH_MS }
  return !(await isSilent(path, owner, options))
}

async function isGone(path: string, owner: LockOwner, options: LockOptions): Promise<boolean> {
  if (owner === UNREADABLE) return true
  const life = lifeOf(owner)
  return life === 'gone' || (life === 'unknown' && (await isSilent(path, owner, options)))
}

async function removeDead(path: string, dead: LockOwner, options: LockOptions): Promise<void> {
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
    'RUN_UNDER_WAY',
    `A run of this connection is under way since ${owner.since}, by process ${owner.pid} on ${machine}.`,
    { hint: 'Wait until it ends, or stop it with SIGTERM.' },
  )
}

/** Takes the lock. Throws RUN_UNDER_WAY, naming the owner, where a living process holds it; the signal's reason when aborted. */
export async function takeRunLock(path: string, options: LockOptions): Promise<Lock> {
  const owner = { token: randomUUID(), ...ownIdentity(), since: new Date().toISOString() }
  while (!(await place(path, owner))) {
    const other = await readLock(path)
    if (!other) continue
    if (!(await isGone(path, other, options))) throw heldError(other)
    await removeDead(path, other, options)
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
