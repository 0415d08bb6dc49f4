/** Decides by the text of a history line whether to parse it: parsing is what costs time. */

import type { Outcome, Trigger } from './record.ts'

/** Which runs to read. Each property that is left out matches every run. */
export interface RunFilter {
  runId?: string | undefined
  outcome?: Outcome | 'running' | undefined
  trigger?: Trigger | undefined
  /** Only runs that started at this instant or before, in epoch milliseconds. */
  untilMs?: number | undefined
}

// `JSON.stringify` writes lines like this, and quotes in texts are escaped.
const ENDED = '"event":"ended"'
const RUN_ID = /"run_id":"([^"]*)"/
const STARTED_AT = /"started_at":"([^"]*)"/

/** `2026-11` */
export function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'YYYY-MM'.length)
}

/** For one pass from the newest line to the oldest. */
export class LineFilter {
  readonly #filter: RunFilter
  /** What each line of a wanted run has. */
  readonly #always: string[]
  /** Runs whose end was left out: their start is no open run. */
  readonly #skipped = new Set<string>()

  constructor(filter: RunFilter) {
    this.#filter = filter
    const { runId, trigger } = filter
    this.#always = [
      ...(runId === undefined ? [] : [`"run_id":${JSON.stringify(runId)}`]),
      ...(trigger === undefined ? [] : [`"trigger":"${trigger}"`]),
    ]
  }

  /** True for each line of a wanted run, and for the start of one without an end. */
  isWanted(text: string): boolean {
    if (!this.#always.every((part) => text.includes(part)) || this.#isTooNew(text)) return false
    const { outcome } = this.#filter
    if (outcome === undefined) return true
    const id = RUN_ID.exec(text)?.[1] ?? ''
    if (!text.includes(ENDED)) return !this.#skipped.delete(id)
    const isWanted = !this.#skipped.has(id) && text.includes(`"outcome":"${outcome}"`)
    if (!isWanted) this.#skipped.add(id)
    return isWanted
  }

  #isTooNew(text: string): boolean {
    const { untilMs } = this.#filter
    return untilMs !== undefined && Date.parse(STARTED_AT.exec(text)?.[1] ?? '') > untilMs
  }
}
