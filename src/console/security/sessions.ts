/**
 * The sessions of browsers. Their hashes are in a file, so that an open page keeps working when the
 * console is started again.
 */

import { lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readDataText, replaceDataFile } from '../../runner/connection/data-file.ts'
import { isNumber, isString, allWithShape, type Shape } from '../../runner/history/shape.ts'
import { DAY_MS } from '../../time.ts'
import { createSecret, hashOf } from './secret-hash.ts'

const LIFETIME_MS = 7 * DAY_MS
const MAX_SESSIONS = 100

interface StoredSession {
  hash: string
  expiresAtMs: number
}

const SESSION: Shape<StoredSession> = { hash: isString, expiresAtMs: isNumber }

export interface NewSession {
  /** Value of the cookie. */
  secret: string
  expiresAtMs: number
}

function parseSessions(text: string | undefined): StoredSession[] {
  try {
    const document = JSON.parse(text ?? '[]') as unknown
    return (Array.isArray(document) && allWithShape(document, SESSION)) || []
  } catch {
    return [] // a damaged file: everybody logs in again
  }
}

export class Sessions {
  readonly #path: string
  #sessions: readonly StoredSession[]
  #written: Promise<void> = Promise.resolve()
  /** When the file was written last, as far as we know. */
  #knownMs: number | undefined

  private constructor(path: string) {
    this.#path = path
    this.#sessions = []
  }

  /** @param path of the file, which need not exist */
  static async open(path: string): Promise<Sessions> {
    const sessions = new Sessions(path)
    await sessions.refresh()
    return sessions
  }

  /** Reads the file again when another process has changed it: a new password ends all sessions. */
  async refresh(): Promise<void> {
    await this.#written.catch(() => undefined)
    const changedMs = await this.#changedMs()
    if (changedMs === this.#knownMs) return
    this.#sessions = parseSessions(await readDataText(this.#path))
    this.#knownMs = changedMs
  }

  async create(nowMs: number): Promise<NewSession> {
    const secret = createSecret()
    const expiresAtMs = nowMs + LIFETIME_MS
    const others = this.#sessions.filter((session) => session.expiresAtMs > nowMs)
    this.#sessions = [...others.slice(1 - MAX_SESSIONS), { hash: hashOf(secret), expiresAtMs }]
    await this.#write()
    return { secret, expiresAtMs }
  }

  /** When the session ends; undefined when there is none. */
  expiryOf(secret: string | undefined, nowMs: number): number | undefined {
    if (secret === undefined) return undefined
    const hash = hashOf(secret)
    const found = this.#sessions.find((session) => session.hash === hash)
    return found && nowMs < found.expiresAtMs ? found.expiresAtMs : undefined
  }

  async delete(secret: string): Promise<void> {
    const hash = hashOf(secret)
    this.#sessions = this.#sessions.filter((session) => session.hash !== hash)
    await this.#write()
  }

  async deleteAll(): Promise<void> {
    this.#sessions = []
    await this.#write()
  }

  async #changedMs(): Promise<number | undefined> {
    return (await lstat(this.#path).catch(() => undefined))?.mtimeMs
  }

  /** In order, so that an older list never replaces a newer one. */
  async #write(): Promise<void> {
    const write = async () => {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      await replaceDataFile(this.#path, `${JSON.stringify(this.#sessions)}\n`)
      this.#knownMs = await this.#changedMs()
    }
    this.#written = this.#written.catch(() => undefined).then(write)
    await this.#written
  }
}
