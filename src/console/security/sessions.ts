/**
 * The sessions of browsers. Their hashes are in a file, so that an open page keeps working when the
 * console is started again.
 *
 * A second file holds the epoch. A session counts in the epoch in which its login began, so a new
 * epoch ends all of them, even when another process writes an older list at that moment.
 */

import { randomUUID } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readDataText, replaceDataFile } from '../../runner/connection/data-file.ts'
import { isNumber, isString, allWithShape, type Shape } from '../../runner/history/shape.ts'
import { DAY_MS } from '../../time.ts'
import { createSecret, hashOf } from './secret-hash.ts'

const LIFETIME_MS = 7 * DAY_MS
const MAX_SESSIONS = 100
const EPOCH_FILE = 'epoch'

interface StoredSession {
  hash: string
  expiresAtMs: number
  epoch: string
}

const SESSION: Shape<StoredSession> = { hash: isString, expiresAtMs: isNumber, epoch: isString }

type SessionList = readonly StoredSession[]

export interface NewSession {
  /** Value of the cookie. */
  secret: string
  expiresAtMs: number
}

function parseSessions(text: string | undefined): SessionList {
  try {
    const document = JSON.parse(text ?? '[]') as unknown
    return (Array.isArray(document) && allWithShape(document, SESSION)) || []
  } catch {
    return [] // a damaged file: everybody logs in again
  }
}

/** Differs after each replacement of the file. */
async function stampOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined)
  return found ? `${found.ino}:${found.mtimeMs}` : ''
}

export class Sessions {
  readonly #path: string
  readonly #epochPath: string
  #sessions: SessionList = []
  #epoch = ''
  #last: Promise<void> = Promise.resolve()
  /** Of both files when they were read. */
  #stamp: string | undefined

  private constructor(path: string) {
    this.#path = path
    this.#epochPath = join(dirname(path), EPOCH_FILE)
  }

  /** @param path of the file, which need not exist */
  static async open(path: string): Promise<Sessions> {
    const sessions = new Sessions(path)
    await sessions.refresh()
    return sessions
  }

  /** Note it before a login is checked. */
  get epoch(): string {
    return this.#epoch
  }

  /** Reads the files again when another process has changed them. */
  async refresh(): Promise<void> {
    await this.#inTurn(async () => this.#read())
  }

  /** @param epoch of the time when the login began */
  async create(nowMs: number, epoch: string): Promise<NewSession> {
    const secret = createSecret()
    const expiresAtMs = nowMs + LIFETIME_MS
    const session = { hash: hashOf(secret), expiresAtMs, epoch }
    await this.#change((all) => {
      const live = all.filter((one) => one.expiresAtMs > nowMs && one.epoch === this.#epoch)
      return [...live.slice(1 - MAX_SESSIONS), session]
    })
    return { secret, expiresAtMs }
  }

  /** When the session ends; undefined when there is none. */
  expiryOf(secret: string | undefined, nowMs: number): number | undefined {
    if (secret === undefined) return undefined
    const hash = hashOf(secret)
    const found = this.#sessions.find((session) => session.hash === hash)
    const isLive = found && nowMs < found.expiresAtMs && found.epoch === this.#epoch
    return isLive ? found.expiresAtMs : undefined
  }

  async delete(secret: string): Promise<void> {
    const hash = hashOf(secret)
    await this.#change((all) => all.filter((session) => session.hash !== hash))
  }

  /** Ends all sessions, and the logins and links that began before. */
  async deleteAll(): Promise<void> {
    await mkdir(dirname(this.#epochPath), { recursive: true, mode: 0o700 })
    await replaceDataFile(this.#epochPath, `${randomUUID()}\n`)
    await this.#change(() => [])
  }

  async #read(): Promise<void> {
    const stamp = `${await stampOf(this.#path)} ${await stampOf(this.#epochPath)}`
    if (stamp === this.#stamp) return
    const [sessions, epoch] = [await readDataText(this.#path), await readDataText(this.#epochPath)]
    this.#sessions = parseSessions(sessions)
    this.#epoch = (epoch ?? '').trim()
    this.#stamp = stamp
  }

  /** Changes the newest list: another process may have written one. */
  async #change(change: (sessions: SessionList) => SessionList): Promise<void> {
    await this.#inTurn(async () => {
      await this.#read()
      const changed = change(this.#sessions)
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      await replaceDataFile(this.#path, `${JSON.stringify(changed)}\n`)
      await this.#read()
    })
  }

  /** So that an older list never replaces a newer one. */
  async #inTurn(task: () => Promise<void>): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(task)
    await this.#last
  }
}
