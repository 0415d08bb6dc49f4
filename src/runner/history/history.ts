/**
 * The runs of a connection: one line when a run starts and one when it ends, so that a killed run
 * is visible. Reads from the newest line, so that a long history costs nothing.
 */

import { isHeldBy, lockPathIn } from '../lock/lock.ts'
import { lifeOf, ownIdentity, type ProcessIdentity } from '../lock/process-identity.ts'
import type { StreamName } from '../../streams/index.ts'
import { HistoryFolder } from './history-folder.ts'
import { LineFilter, monthOf, type RunFilter } from './line-filter.ts'
import { hasStarted, isWhole, type RunRecord } from './record.ts'

export interface HistoryEntry {
  /** Its outcome is `crashed` when its process ended without recording the end. */
  run: RunRecord
  isRunning: boolean
  /** True when the end of the run is not recorded. */
  isOpen: boolean
}

/** `JSON.stringify` writes this into every line of a run that succeeded. */
const SUCCEEDED = '"outcome":"succeeded"'

/** How far in the future a run may have started, by the clock of another machine for example. */
const MAX_AHEAD_MS = 300_000

/**
 * Whether a wrong clock dated the run into the future. Such a run is listed, but nothing is decided
 * by it.
 */
export function isAhead(run: RunRecord, nowMs: number): boolean {
  return Date.parse(run.started_at) - nowMs > MAX_AHEAD_MS
}

/** A sentence about the damaged lines that the history met, if any. */
export function damagedText({ damagedLines: count }: History): string | undefined {
  if (count === 0) return undefined
  return count === 1
    ? 'The history has 1 damaged line; it is skipped.'
    : `The history has ${count} damaged lines; they are skipped.`
}

export class History {
  readonly #folder: HistoryFolder
  readonly #lock: string

  constructor(dataFolder: string) {
    this.#folder = new HistoryFolder(dataFolder)
    this.#lock = lockPathIn(dataFolder)
  }

  /** The largest number of damaged lines that one read met. */
  get damagedLines(): number {
    return this.#folder.damagedLines
  }

  /** Records the start of a run. Durable when it returns. */
  async start(run: RunRecord): Promise<void> {
    await this.#folder.append({ event: 'started', run, process: ownIdentity() })
  }

  /** Records the end of a run. Durable when it returns. */
  async end(run: RunRecord): Promise<void> {
    await this.#folder.append({ event: 'ended', run })
  }

  /**
   * From the newest to the oldest, without damaged lines. Throws CONFIG_INVALID for a file that
   * cannot be read.
   * @param filter leaves out most other runs early. What has no end yet is left to the caller.
   */
  async *entries(filter: RunFilter = {}): AsyncGenerator<HistoryEntry> {
    const ended = new Set<string>()
    const lines = new LineFilter(filter)
    const { untilMs } = filter
    const lastMonth = untilMs === undefined ? undefined : monthOf(untilMs)
    for await (const line of this.#folder.lines((text) => lines.isWanted(text), lastMonth)) {
      const { run_id: id } = line.run
      if (line.event === 'started') {
        if (!ended.delete(id)) yield await this.#openEntry(line.run, line.process)
        continue
      }
      if (!ended.has(id)) yield { run: line.run, isRunning: false, isOpen: false }
      ended.add(id)
    }
  }

  /** The newest runs, newest first. With `nowMs`, leaves out runs that are ahead of it. */
  async newest(count: number, nowMs = Number.POSITIVE_INFINITY): Promise<HistoryEntry[]> {
    const found: HistoryEntry[] = []
    for await (const entry of this.entries()) {
      if (!isAhead(entry.run, nowMs)) found.push(entry)
      if (found.length >= count) break
    }
    return found
  }

  /**
   * The runs that succeeded, from the newest to the oldest, without runs ahead of `nowMs`. Parses
   * no line of other outcomes, so that it is fast.
   */
  async *successes(nowMs: number): AsyncGenerator<RunRecord> {
    const lines = this.#folder.lines((text) => text.includes(SUCCEEDED))
    for await (const { event, run } of lines)
      if (event === 'ended' && run.outcome === 'succeeded' && !isAhead(run, nowMs)) yield run
  }

  /** The newest run that succeeded and was whole, without runs ahead of `nowMs`. */
  async lastSuccess(wanted: {
    resources: Iterable<StreamName>
    nowMs: number
  }): Promise<RunRecord | undefined> {
    const streams = [...wanted.resources]
    for await (const run of this.successes(wanted.nowMs)) if (isWhole(run, streams)) return run
    return undefined
  }

  /**
   * Records killed runs as crashed and returns them. The caller must hold the lock, so that no
   * other run is running.
   */
  async closeCrashed(nowMs: number): Promise<RunRecord[]> {
    const crashed: RunRecord[] = []
    for await (const { run, isOpen } of this.entries()) {
      if (isOpen) crashed.push({ ...run, outcome: 'crashed' })
      // A run that held the lock has closed every run before it.
      else if (!isAhead(run, nowMs) && hasStarted(run)) break
    }
    for (const run of crashed) await this.end(run)
    return crashed
  }

  /** Keeps at most this many months with runs. */
  async retain(months: number): Promise<void> {
    await this.#folder.retain(months)
  }

  /** The months with runs, newest first, such as `2026-11`. */
  async months(): Promise<string[]> {
    return this.#folder.months()
  }

  /**
   * A run without an end. On another machine or in another container, a run is running while it
   * holds the lock.
   */
  async #openEntry(run: RunRecord, owner: ProcessIdentity): Promise<HistoryEntry> {
    const life = lifeOf(owner)
    const isRunning =
      life === 'alive' || (life === 'unknown' && (await isHeldBy(this.#lock, owner)))
    return { run: isRunning ? run : { ...run, outcome: 'crashed' }, isRunning, isOpen: true }
  }
}
