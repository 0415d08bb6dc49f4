/** What the deletion guard must refuse, and may. */

import { isJsonObject, type JsonObject } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/support/connection.ts'
import type { Objects } from './oracle.ts'

/** The guard knows each row of at most this many. */
const SAMPLE_ROWS = 64

/**
 * Rows that complete reads have met since a version retired some: those that were there all the
 * time, and all that were there at any.
 */
interface Counted {
  sure: Set<string>
  atMost: Set<string>
}

export interface GuardedRun {
  before: Objects
  after: Objects
  read: ReadonlyMap<StreamName, { isFull: boolean }>
  isComplete: boolean
  /** Rows may have been hidden from the run. */
  isBlurred: boolean
}

function rowsIn(state: JsonObject, stream: StreamName): number | undefined {
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const bookmark = bookmarks[stream]
  const rows = isJsonObject(bookmark) ? bookmark['rows'] : undefined
  return typeof rows === 'number' ? rows : undefined
}

export class Deletions {
  readonly #maxPercent: number
  readonly #counted = new Map<StreamName, Counted>()

  constructor(maxPercent: number) {
    this.#maxPercent = maxPercent
  }

  /** The next run is given a state that does not say how many rows there were. */
  forget(): void {
    this.#counted.clear()
  }

  /**
   * One sentence for each stream whose rows a complete run has retired although they were too many.
   */
  faultsAfter(run: GuardedRun): string[] {
    const faults: string[] = []
    for (const [stream, { isFull }] of run.read) {
      const counted = this.#counted.get(stream)
      const before = new Set(run.before[stream].keys())
      const after = new Set(run.after[stream].keys())
      if (counted && isFull && run.isComplete && counted.atMost.size <= SAMPLE_ROWS) {
        const gone = [...counted.sure].filter((key) => !before.has(key) && !after.has(key))
        if (gone.length * 100 > this.#maxPercent * counted.atMost.size)
          faults.push(`retired: ${gone.length} of ${counted.atMost.size} rows of ${stream}`)
      }
      if (!run.isComplete || run.isBlurred) this.#counted.delete(stream)
      else {
        const sure = new Set([...before].filter((key) => after.has(key)))
        const atMost = new Set([...before, ...after])
        const isAdded = counted && !isFull
        this.#counted.set(stream, {
          sure: isAdded ? new Set([...counted.sure, ...sure]) : sure,
          atMost: isAdded ? new Set([...counted.atMost, ...atMost]) : atMost,
        })
      }
    }
    return faults
  }

  /** One sentence where the guard refused a run that would have retired no more than it may. */
  faultInRefusal(
    run: GuardedRun,
    state: JsonObject,
    known: Record<StreamName, ReadonlySet<string>>,
  ): string[] {
    if (run.isBlurred) return []
    const isTooMuch = (stream: StreamName) => {
      if (run.read.get(stream)?.isFull !== true) return false
      const gone = [...known[stream]].filter((key) => !run.after[stream].has(key)).length
      const rows = rowsIn(state, stream)
      if (rows === undefined) return run.after[stream].size === 0
      return gone * 100 > this.#maxPercent * rows
    }
    return STREAMS.some(isTooMuch) ? [] : ['refused: a read that retired no more than it may']
  }
}
