/**
 * Writes the log of one run while it runs: JSON lines without secrets, of bounded size. A log that
 * cannot be written never stops the run.
 */

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { LogFields } from '../../logger.ts'
import { SecretMask } from '../../secrets.ts'
import { secretsOfConnection } from '../connection/connection-secrets.ts'
import type { Connection } from '../connection/connection.ts'
import { openDataFile } from '../connection/data-file.ts'
import type { RunRecord } from '../history/record.ts'
import type { RunLogEntry } from './entry.ts'
import { makeLogFolder, runLogPath } from './files.ts'
import { TailFiles } from './tail-files.ts'

/** A log keeps its first lines and its last ones. A usual run logs 3 kB. */
export const MAX_HEAD_BYTES = 512 * 1024
export const MAX_TAIL_BYTES = 256 * 1024
/** Far more than a usual run logs. */
const LOUD_BYTES = 64 * 1024
/** No message of ours is longer; a database may say more. */
const MAX_MESSAGE_CHARS = 4000

export interface RunLogOptions {
  run: Pick<RunRecord, 'run_id' | 'started_at'>
  /** Called once, with the reason why the log cannot be written. */
  onFailure: (reason: string) => void
  /**
   * Called with each entry as it is written, and with its line, from 1. Not with those behind the
   * beginning of a long log: lines may be left out before them.
   */
  onEntry?: ((entry: RunLogEntry, line: number) => void) | undefined
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Masks before it cuts: half a secret is not recognized. */
function shortText(text: string, mask: SecretMask): string {
  const masked = mask.masked(text)
  return masked.length > MAX_MESSAGE_CHARS ? `${masked.slice(0, MAX_MESSAGE_CHARS)}...` : masked
}

function maskedEntry(entry: RunLogEntry, mask: SecretMask): RunLogEntry {
  const fields = Object.entries(entry.fields).map(([name, value]): [string, LogFields[string]] => [
    name,
    typeof value === 'string' ? shortText(value, mask) : value,
  ])
  return { ...entry, message: shortText(entry.message, mask), fields: Object.fromEntries(fields) }
}

/** Call `close` on every path. */
export class RunLog {
  readonly #dataFolder: string
  readonly #options: RunLogOptions
  readonly #mask: SecretMask
  /** The same lines as `#tail`, in case that the run is killed. */
  readonly #tailFiles: TailFiles | undefined
  #file: FileHandle | undefined
  #hasFailed = false
  #headBytes = 0
  #headLines = 0
  /** The newest lines, kept in memory once the beginning of the log is full. */
  #tail: string[] = []
  #tailBytes = 0
  #leftOutCount = 0
  #waiting = ''
  #written = Promise.resolve()

  constructor(connection: Connection, options: RunLogOptions) {
    this.#dataFolder = connection.dataFolder
    this.#mask = new SecretMask(secretsOfConnection(connection))
    this.#options = options
    const path = runLogPath(this.#dataFolder, options.run)
    this.#tailFiles = path === undefined ? undefined : new TailFiles(path, MAX_TAIL_BYTES)
  }

  /** Whether the log is far longer than that of a usual run. */
  get isLoud(): boolean {
    return this.#headBytes > LOUD_BYTES
  }

  /** Adds an entry and returns at once. */
  add(entry: RunLogEntry): void {
    if (this.#hasFailed) return
    const masked = maskedEntry(entry, this.#mask)
    const line = `${JSON.stringify(masked)}\n`
    const bytes = Buffer.byteLength(line)
    if (this.#tail.length > 0 || this.#headBytes + bytes > MAX_HEAD_BYTES) {
      this.#keepLast(line, bytes)
      return
    }
    this.#headBytes += bytes
    this.#append(line)
    this.#options.onEntry?.(masked, ++this.#headLines)
  }

  /** Writes what is left and closes the files. Never throws. */
  async close(): Promise<void> {
    if (this.#leftOutCount > 0) {
      const message = `${this.#leftOutCount} lines were left out here.`
      const at = new Date().toISOString()
      const notice = { at, level: 'info', program: 'customerio-sync', event: null } as const
      this.#append(`${JSON.stringify({ ...notice, message, fields: {} })}\n`)
    }
    this.#leftOutCount = 0
    this.#append(this.#tail.join(''))
    this.#tail = []
    await this.#written
    const tail = this.#tailFiles
    await (this.#hasFailed ? tail?.close() : tail?.remove())?.catch(() => undefined)
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }

  #keepLast(line: string, bytes: number): void {
    this.#tail.push(line)
    this.#tailBytes += bytes
    while (this.#tailBytes > MAX_TAIL_BYTES) {
      this.#tailBytes -= Buffer.byteLength(this.#tail.shift() ?? '')
      this.#leftOutCount++
    }
    this.#tailFiles?.add(line, bytes)
    this.#written = this.#written.then(async () => this.#try(async () => this.#tailFiles?.write()))
  }

  #append(text: string): void {
    this.#waiting += text
    this.#written = this.#written.then(async () => this.#write())
  }

  async #write(): Promise<void> {
    const text = this.#waiting
    this.#waiting = ''
    if (text === '') return
    await this.#try(async () => {
      this.#file ??= await this.#open()
      await this.#file.appendFile(text)
    })
  }

  /** The first failure ends the log. */
  async #try(write: () => Promise<void>): Promise<void> {
    if (this.#hasFailed) return
    try {
      await write()
    } catch (error) {
      this.#hasFailed = true
      this.#options.onFailure(reasonOf(error))
    }
  }

  async #open(): Promise<FileHandle> {
    const path = runLogPath(this.#dataFolder, this.#options.run)
    if (path === undefined) throw new Error('the run has no valid id')
    await makeLogFolder(this.#dataFolder, path)
    const { O_APPEND, O_CREAT, O_WRONLY } = constants
    return openDataFile(path, O_WRONLY | O_APPEND | O_CREAT)
  }
}
