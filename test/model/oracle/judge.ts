/** Judges each run of a sequence by what it loaded, the states it wrote, and how it ended. */

import type { World } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../../e2e/support/connection.ts'
import type { ServersClock } from '../clock.ts'
import type { Ending } from '../runners.ts'
import type { GivenState } from '../steps/given-state.ts'
import type { Sequence } from '../steps/steps.ts'
import type { ModelWarehouse } from '../warehouse.ts'
import { Deletions } from './deletions.ts'
import { inventedRows, perStream, rowViolations, snapshot, tooOldRows } from './rows.ts'
import type { Keys, Objects, PerStream, ReadStreams } from './rows.ts'
import { configuredStart, hasBookmark, startIn, startViolation } from './starts.ts'
import { stateViolations } from './states.ts'

/** What is known when a run starts. */
export interface StartedRun {
  /** The state that it starts from. */
  state: JsonObject
  before: Objects
  known: Keys
  loadedBefore: Keys
  latestStartMs: number
}

export interface EndedRun extends StartedRun {
  read: ReadStreams
  ending: Ending
  hasDeletedNewsletter: boolean
  hasFalseNotFound: boolean
}

export class Judge {
  readonly #sequence: Sequence
  readonly #clock: ServersClock
  readonly #warehouse: ModelWarehouse
  readonly #deletions: Deletions
  /** Keys that existed at any time. */
  readonly #known = perStream(() => new Set<string>())
  readonly #required = new Map<StreamName, number | undefined>()
  #hasLostState = false

  constructor(sequence: Sequence, clock: ServersClock, warehouse: ModelWarehouse) {
    this.#sequence = sequence
    this.#clock = clock
    this.#warehouse = warehouse
    this.#deletions = new Deletions(sequence.maxDeletedPercent)
  }

  /** Call it after every edit. */
  noteKeys(world: World): void {
    const objects = snapshot(world)
    for (const stream of STREAMS) {
      for (const key of objects[stream].keys()) this.#known[stream].add(key)
    }
  }

  startRun(world: World, given: GivenState, state: JsonObject): StartedRun {
    if (given !== 'last') {
      this.#deletions.forget()
      this.#hasLostState = true
    }
    if (given === 'none') this.#required.clear()
    return {
      state,
      before: snapshot(world),
      known: structuredClone(this.#known),
      loadedBefore: perStream((stream) => new Set(this.#warehouse.table(stream).keys())),
      latestStartMs: this.#clock.latestMs,
    }
  }

  /** One sentence for each violation. */
  violationsOf(world: World, run: EndedRun): string[] {
    const after = snapshot(world)
    const isComplete = run.ending === 'complete'
    const starts = perStream((stream) => this.#startOf(stream))
    this.#noteRequired(run.read, isComplete)
    const span = { before: run.before, after, starts, warehouse: this.#warehouse }
    const complete = {
      ...run,
      ...span,
      required: this.#requiredOr(starts),
      lagMs: this.#clock.lagMs,
      hasLostState: this.#hasLostState,
    }
    const mayMissRows = run.hasDeletedNewsletter || run.hasFalseNotFound
    const guarded = { ...run, after, isComplete, mayMissRows }
    return [
      ...stateViolations(run.state, this.#warehouse.states, run.latestStartMs),
      ...(this.#hasLostState ? [] : this.#startViolations(run)),
      ...tooOldRows(span, run.loadedBefore),
      ...(isComplete ? rowViolations(complete) : []),
      ...(run.ending === 'refused'
        ? this.#deletions.violationsInRefusal(guarded, run.state, this.#known)
        : []),
      ...this.#deletions.violationsAfter(guarded),
      ...inventedRows(this.#warehouse, this.#known),
    ]
  }

  /** Where the first sync of a stream began, by the state after a run. */
  #startOf(stream: StreamName): number | undefined {
    const start = startIn(this.#warehouse.state, stream)
    if (start !== undefined) return start ?? undefined
    if (hasBookmark(this.#warehouse.state, stream)) return undefined
    return configuredStart(this.#sequence, this.#clock.span.highMs)
  }

  /** Keeps the start of a stream's first complete read, until a complete full read. */
  #noteRequired(read: ReadStreams, isComplete: boolean): void {
    for (const [stream, { isFull }] of read) {
      if (isFull && isComplete) this.#required.set(stream, undefined)
      else if (!this.#required.has(stream) && hasBookmark(this.#warehouse.state, stream))
        this.#required.set(stream, this.#startOf(stream))
    }
  }

  #requiredOr(starts: PerStream<number | undefined>): PerStream<number | undefined> {
    return perStream((stream) =>
      this.#required.has(stream) ? this.#required.get(stream) : starts[stream],
    )
  }

  #startViolations({ state, read }: EndedRun): string[] {
    const check = { before: state, settings: this.#sequence, clock: this.#clock.span }
    const after = this.#warehouse.state
    return [...read].flatMap(
      ([stream, { isFull }]) => startViolation({ ...check, stream, after, isFull }) ?? [],
    )
  }
}
