/** Checks which runs the deletion guard refuses and which it lets pass. */

import { isJsonObject, type JsonObject } from '../../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../../e2e/support/connection.ts'
import type { Keys, Objects, ReadStreams } from './rows.ts'

/** Up to this many rows, the guard knows the key of each. */
const SAMPLE_ROWS = 64

/** Keys that complete reads have met since the last version activation. */
interface CountedKeys {
  /** Existed during every read. */
  certain: Set<string>
  /** Existed at some time. */
  possible: Set<string>
}

export interface GuardedRun {
  before: Objects
  after: Objects
  read: ReadStreams
  isComplete: boolean
  /** The run may have missed rows that exist. */
  mayMissRows: boolean
}

function rowsIn(state: JsonObject, stream: StreamName): number | undefined {
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const bookmark = bookmarks[stream]
  const rows = isJsonObject(bookmark) ? bookmark['rows'] : undefined
  return typeof rows === 'number' ? rows : undefined
}

export class Deletions {
  readonly #maxPercent: number
  readonly #counted = new Map<StreamName, CountedKeys>()

  constructor(maxPercent: number) {
    this.#maxPercent = maxPercent
  }

  /** The next run starts from a state without row counts. */
  forget(): void {
    this.#counted.clear()
  }

  /** One sentence for each stream of which a complete run deleted too many rows. */
  violationsAfter(run: GuardedRun): string[] {
    return [...run.read].flatMap(([stream, { isFull }]) => {
      const violations = isFull && run.isComplete ? this.#excessIn(stream, run) : []
      this.#count(stream, run)
      return violations
    })
  }

  #excessIn(stream: StreamName, { before, after }: GuardedRun): string[] {
    const counted = this.#counted.get(stream)
    if (!counted || counted.possible.size > SAMPLE_ROWS) return []
    const deleted = [...counted.certain].filter(
      (key) => !before[stream].has(key) && !after[stream].has(key),
    )
    return deleted.length * 100 > this.#maxPercent * counted.possible.size
      ? [`deleted: ${deleted.length} of ${counted.possible.size} rows of ${stream}`]
      : []
  }

  #count(stream: StreamName, run: GuardedRun): void {
    if (!run.isComplete || run.mayMissRows) {
      this.#counted.delete(stream)
      return
    }
    const [before, after] = [run.before[stream], run.after[stream]]
    const counted = run.read.get(stream)?.isFull ? undefined : this.#counted.get(stream)
    this.#counted.set(stream, {
      certain: new Set([
        ...(counted?.certain ?? []),
        ...[...before.keys()].filter((key) => after.has(key)),
      ]),
      possible: new Set([...(counted?.possible ?? []), ...before.keys(), ...after.keys()]),
    })
  }

  /** One sentence when the guard refused a run that deletes no more rows than allowed. */
  violationsInRefusal(run: GuardedRun, state: JsonObject, known: Keys): string[] {
    if (run.mayMissRows) return []
    const isTooMuch = (stream: StreamName) => {
      if (run.read.get(stream)?.isFull !== true) return false
      const deleted = [...known[stream]].filter((key) => !run.after[stream].has(key)).length
      const rows = rowsIn(state, stream)
      if (rows === undefined) return run.after[stream].size === 0
      return deleted * 100 > this.#maxPercent * rows
    }
    return STREAMS.some(isTooMuch) ? [] : ['refused: the run deletes no more rows than allowed']
  }
}
