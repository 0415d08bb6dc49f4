/**
 * The runs of a connection, in files that survive a kill: one JSON line when a run starts, one when it ends, each on disk before the
 * next step. A file holds the runs of one month; the oldest go when there are too many. Reading begins at the newest, so that a long
 * history costs nothing.
 */

import { constants } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { isHeldBy, lockPathIn } from '../lock/lock.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from '../lock/process-identity.ts'
import type { StreamName } from '../../streams/index.ts'
import { hasCode, openDataFile, refuseLink } from '../connection/data-file.ts'
import { prepareFolder } from '../connection/data-folder.ts'
import { parseHistoryLine, type HistoryLine } from './history-line.ts'
import { hasBegun, isWhole, type RunRecord } from './record.ts'
import { linesFromEnd } from './lines-from-end.ts'

/** A run as it stands: under way while its process lives, crashed when that is gone without a word. */
export interface HistoryEntry {
  run: RunRecord
  isUnderWay: boolean
  /** True when its end was not written down. */
  isOpen: boolean
}

/** Stands in every line of a run that succeeded: lines are written by `JSON.stringify`. */
const SUCCEEDED = '"outcome":"succeeded"'

/** How much later than now a run may have begun, by the clock of another machine for example. */
const MOST_AHEAD_MS = 300_000

const FILE = /^runs-\d{4}-\d{2}\.jsonl$/

/** Whether a run was noted with a clock that was ahead. It is listed, but nothing is decided by it. */
export function isAhead(run: RunRecord, nowMs: number): boolean {
  return Date.parse(run.started_at) - nowMs > MOST_AHEAD_MS
}

/** What cannot be read is no empty history. */
function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  return new AppError('CONFIG_INVALID', `The history ${path} cannot be read (${reason}).`, {
    hint: 'Check its permissions, or move it away.',
    cause,
  })
}

/** A sentence on the damaged lines that the history has met, if any. */
export function damagedText({ damagedLines: count }: History): string | undefined {
  if (count === 0) return undefined
  return `The history has ${count} damaged line${count === 1 ? '' : 's'}; what ${count === 1 ? 'it' : 'they'} said is not shown.`
}

/** Lines of one look at the history, with the damaged ones counted. */
class Lines {
  readonly #folder: string
  damaged = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** From the newest to the oldest; those without `mustHold` are passed over unseen. Throws CONFIG_INVALID for a file that cannot be read. */
  async *of(names: readonly string[], mustHold = ''): AsyncGenerator<HistoryLine> {
    for (const name of names) {
      const path = join(this.#folder, name)
      try {
        yield* this.#sound(linesFromEnd(path), mustHold)
      } catch (cause) {
        throw unreadable(path, cause)
      }
    }
  }

  async *#sound(
    lines: AsyncIterable<string | undefined>,
    mustHold: string,
  ): AsyncGenerator<HistoryLine> {
    for await (const text of lines) {
      if (text?.includes(mustHold) === false) continue
      const line = text === undefined ? undefined : parseHistoryLine(text)
      if (line) yield line
      else this.damaged++
    }
  }
}

export class History {
  readonly #dataFolder: string
  readonly #folder: string
  readonly #lock: string
  /** How many damaged lines the look met that met most of them. */
  damagedLines = 0

  /** @param dataFolder of the connection */
  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder
    this.#folder = join(dataFolder, 'history')
    this.#lock = lockPathIn(dataFolder)
  }

  /** Notes that a run has begun. Durable when it returns. */
  async start(run: RunRecord): Promise<void> {
    await this.#append({ event: 'started', run, process: ownIdentity() })
  }

  /** Notes what came of a run. Durable when it returns. */
  async end(run: RunRecord): Promise<void> {
    await this.#append({ event: 'ended', run })
  }

  /** From the newest to the oldest. Never throws for a damaged line: it is left out and counted. Throws CONFIG_INVALID for a file that cannot be read. */
  async *entries(): AsyncGenerator<HistoryEntry> {
    const ended = new Set<string>()
    for await (const line of this.#lines()) {
      const { run_id: id } = line.run
      if (line.event === 'started') {
        if (!ended.delete(id)) yield await this.#open(line.run, line.process)
        continue
      }
      if (!ended.has(id)) yield { run: line.run, isUnderWay: false, isOpen: false }
      ended.add(id)
    }
  }

  /** The newest runs, newest first; without those ahead of `nowMs` where it is given. */
  async newest(count: number, nowMs = Number.POSITIVE_INFINITY): Promise<HistoryEntry[]> {
    const found: HistoryEntry[] = []
    for await (const entry of this.entries()) {
      if (!isAhead(entry.run, nowMs)) found.push(entry)
      if (found.length >= count) break
    }
    return found
  }

  /**
   * The newest run that succeeded and read all there was, by its own word or else all of these, none ahead of `nowMs`. Lines of others are
   * not parsed, so that years of failures cost little.
   */
  async lastSuccess(wanted: {
    resources: Iterable<StreamName>
    nowMs: number
  }): Promise<RunRecord | undefined> {
    const resources = [...wanted.resources]
    for await (const { event, run } of this.#lines(SUCCEEDED)) {
      if (event !== 'ended' || run.outcome !== 'succeeded') continue
      if (isWhole(run, resources) && !isAhead(run, wanted.nowMs)) return run
    }
    return undefined
  }

  /** Writes down as crashed what a killed runner left open. To be called by the holder of the lock, so no other run is under way. */
  async closeCrashed(nowMs: number): Promise<RunRecord[]> {
    const crashed: RunRecord[] = []
    for await (const { run, isOpen } of this.entries()) {
      if (isOpen) crashed.push({ ...run, outcome: 'crashed' })
      else if (!isAhead(run, nowMs) && hasBegun(run)) break // it held the lock, so all before it are closed
    }
    for (const run of crashed) await this.end(run)
    return crashed
  }

  /** Deletes the oldest months beyond so many. Counted in files, not by the clock, which may be wrong. */
  async retain(months: number): Promise<void> {
    for (const file of (await this.#files()).slice(months)) {
      await rm(join(this.#folder, file), { force: true })
    }
  }

  /** A run without an end, by what has become of its process. One of another machine or container holds the lock while it lives. */
  async #open(run: RunRecord, owner: ProcessIdentity): Promise<HistoryEntry> {
    const life = lifeOf(owner)
    const isUnderWay =
      life === 'alive' || (life === 'unknown' && (await isHeldBy(this.#lock, owner)))
    return { run: isUnderWay ? run : { ...run, outcome: 'crashed' }, isUnderWay, isOpen: true }
  }

  async *#lines(mustHold?: string): AsyncGenerator<HistoryLine> {
    const lines = new Lines(this.#folder)
    try {
      yield* lines.of(await this.#files(), mustHold)
    } finally {
      this.damagedLines = Math.max(this.damagedLines, lines.damaged)
    }
  }

  /** Newest first. */
  async #files(): Promise<string[]> {
    await refuseLink(this.#folder)
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
      throw unreadable(this.#folder, error)
    })
    return names
      .filter((name) => FILE.test(name))
      .toSorted()
      .toReversed()
  }

  /** One write and one fsync. A line that a kill tore is ended first, so that it spoils no other. */
  async #append(line: HistoryLine): Promise<void> {
    const path = join(this.#folder, `runs-${line.run.started_at.slice(0, 7)}.jsonl`)
    await prepareFolder(this.#dataFolder)
    await refuseLink(this.#folder)
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const { O_APPEND, O_CREAT, O_RDWR } = constants
    const file = await openDataFile(path, O_RDWR | O_APPEND | O_CREAT)
    try {
      const { size } = await file.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await file.read(last, 0, 1, size - 1)
      const isTorn = size > 0 && last.toString() !== '\n'
      await file.appendFile(`${isTorn ? '\n' : ''}${JSON.stringify(line)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
