/**
 * The files of a history: one per month, one JSON line per event, each line on disk before the next
 * step.
 */

import { constants } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { hasCode, openDataFile, refuseLink } from '../connection/data-file.ts'
import { prepareFolder } from '../connection/data-folder.ts'
import { parseHistoryLine, type HistoryLine } from './history-line.ts'
import { linesFromEnd } from './lines-from-end.ts'

const FILE = /^runs-\d{4}-\d{2}\.jsonl$/

/** A history that cannot be read must not pass for an empty one. */
function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  return new AppError('CONFIG_INVALID', `The history ${path} cannot be read (${reason}).`, {
    hint: 'Check its permissions, or move it away.',
    cause,
  })
}

export class HistoryFolder {
  readonly #dataFolder: string
  readonly #path: string
  /** The largest number of damaged lines that one pass over the lines met. */
  damagedLines = 0

  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder
    this.#path = join(dataFolder, 'history')
  }

  /**
   * From the newest to the oldest. Skips and counts damaged lines, and skips lines that are not
   * wanted before parsing them. Throws CONFIG_INVALID for a file that cannot be read.
   * @param lastMonth leaves out the files of later months
   */
  async *lines(
    isWanted: (text: string) => boolean = () => true,
    lastMonth?: string,
  ): AsyncGenerator<HistoryLine> {
    let damaged = 0
    try {
      for await (const text of this.#texts(lastMonth)) {
        if (text !== undefined && !isWanted(text)) continue
        const line = text === undefined ? undefined : parseHistoryLine(text)
        if (line) yield line
        else damaged++
      }
    } finally {
      this.damagedLines = Math.max(this.damagedLines, damaged)
    }
  }

  /** Makes one write and one fsync. Ends a line that a kill cut, so that it spoils no other. */
  async append(line: HistoryLine): Promise<void> {
    const path = join(this.#path, `runs-${line.run.started_at.slice(0, 7)}.jsonl`)
    await prepareFolder(this.#dataFolder)
    await refuseLink(this.#path)
    await mkdir(this.#path, { recursive: true, mode: 0o700 })
    const { O_APPEND, O_CREAT, O_RDWR } = constants
    const file = await openDataFile(path, O_RDWR | O_APPEND | O_CREAT)
    try {
      const { size } = await file.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await file.read(last, 0, 1, size - 1)
      const isCut = size > 0 && last.toString() !== '\n'
      await file.appendFile(`${isCut ? '\n' : ''}${JSON.stringify(line)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Keeps at most this many monthly files. Counts files, because the clock may be wrong. */
  async retain(months: number): Promise<void> {
    for (const file of (await this.#files()).slice(months)) {
      await rm(join(this.#path, file), { force: true })
    }
  }

  /** The months with runs, newest first, such as `2026-11`. */
  async months(): Promise<string[]> {
    return (await this.#files()).map((name) => name.slice('runs-'.length, -'.jsonl'.length))
  }

  /** Raw lines from the newest to the oldest; undefined for a line that is too long. */
  async *#texts(lastMonth: string | undefined): AsyncGenerator<string | undefined> {
    for (const name of await this.#files()) {
      if (lastMonth !== undefined && name > `runs-${lastMonth}.jsonl`) continue
      const path = join(this.#path, name)
      const lines = linesFromEnd(path)
      try {
        yield* lines
      } catch (cause) {
        throw unreadable(path, cause)
      }
    }
  }

  /** Newest first. */
  async #files(): Promise<string[]> {
    await refuseLink(this.#path)
    const names = await readdir(this.#path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
      throw unreadable(this.#path, error)
    })
    return names
      .filter((name) => FILE.test(name))
      .toSorted()
      .toReversed()
  }
}
