/**
 * The newest lines of a long log, on disk while the run goes on: a killed run leaves them. Two
 * files take turns, and each one holds a half.
 */

import { constants } from 'node:fs'
import { rename, rm, type FileHandle } from 'node:fs/promises'
import { openDataFile } from '../connection/data-file.ts'

/** The files of a log, older lines first. */
export function tailPaths(logPath: string): [older: string, newest: string] {
  return [`${logPath}.older`, `${logPath}.newest`]
}

/** Its calls must not overlap, except for `add`. */
export class TailFiles {
  readonly #older: string
  readonly #newest: string
  readonly #maxBytes: number
  #file: FileHandle | undefined
  #fileBytes = 0
  #waiting: { line: string; bytes: number }[] = []
  #waitingBytes = 0

  /** @param maxBytes of both files together. */
  constructor(logPath: string, maxBytes: number) {
    const [older, newest] = tailPaths(logPath)
    this.#older = older
    this.#newest = newest
    this.#maxBytes = maxBytes / 2
  }

  /** Keeps the line for the next `write`. */
  add(line: string, bytes: number): void {
    this.#waiting.push({ line, bytes })
    this.#waitingBytes += bytes
    while (this.#waitingBytes > this.#maxBytes && this.#waiting.length > 1) {
      this.#waitingBytes -= this.#waiting.shift()?.bytes ?? 0
    }
  }

  /** Writes the lines that wait. */
  async write(): Promise<void> {
    const bytes = this.#waitingBytes
    if (bytes === 0) return
    const text = this.#waiting.map(({ line }) => line).join('')
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#file && this.#fileBytes + bytes > this.#maxBytes) {
      await this.close()
      await rename(this.#newest, this.#older)
    }
    this.#file ??= await this.#open()
    await this.#file.appendFile(text)
    this.#fileBytes += bytes
  }

  /** Removes the files, because the log has the lines now. */
  async remove(): Promise<void> {
    await this.close()
    for (const path of [this.#older, this.#newest]) await rm(path, { force: true })
  }

  async #open(): Promise<FileHandle> {
    const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants
    this.#fileBytes = 0
    return openDataFile(this.#newest, O_WRONLY | O_APPEND | O_CREAT | O_EXCL)
  }

  /** Leaves the files. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
