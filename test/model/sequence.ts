/**
 * Plays one random sequence of edits, faults, kills and runs against a sandbox, and says what the
 * tap broke.
 */

import type { ActiveRule, Fault } from '../../src/sandbox/faults.ts'
import type { Sandbox } from '../../src/sandbox/server.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS, type StreamName } from '../e2e/support/connection.ts'
import { tapConfig } from '../support/tap-config.ts'
import { catalogFor } from './catalog.ts'
import { ServersClock } from './clock.ts'
import { Deletions } from './deletions.ts'
import { NOTHING_PLAYED, type Played } from './played.ts'
import { makeEdit, type Edit } from './edits.ts'
import { EVERY_FAULT } from './faults.ts'
import { givenState } from './given-state.ts'
import {
  byStream,
  faultsAfter,
  faultsInStates,
  oldRowsAfter,
  snapshot,
  type CompleteRun,
  type Objects,
} from './oracle.ts'
import { Stop, type Ending, type Runner } from './runners.ts'
import { configuredStart, faultInStart, hasBookmark, startIn } from './scope.ts'
import { HEALTHY, type RunStep, type Sequence } from './steps.ts'
import { ModelWarehouse } from './warehouse.ts'

/** One sequence at work. */
export class Play {
  readonly played: Played = { ...NOTHING_PLAYED }
  readonly #sequence: Sequence
  readonly #sandbox: Sandbox
  readonly #clock: ServersClock
  readonly #runner: Runner
  readonly #warehouse: ModelWarehouse
  readonly #deletions: Deletions
  #firstRequest = 0
  #fault: ActiveRule<Fault> | undefined
  readonly #known = byStream(() => new Set<string>())
  readonly #demanded = new Map<StreamName, number | undefined>()
  #hasDeleted = false
  #hasForgotten = false
  #misleads = false

  constructor(sequence: Sequence, sandbox: Sandbox, on: { runner: Runner; clock: ServersClock }) {
    this.#runner = on.runner
    this.#sequence = sequence
    this.#sandbox = sandbox
    this.#clock = on.clock
    this.#warehouse = new ModelWarehouse({ mergesStates: sequence.mergesStates })
    this.#deletions = new Deletions(sequence.maxDeletedPercent)
    this.#warehouse.state = { kept: 'as it is', bookmarks: { other_stream: { position: 1 } } }
  }

  #edit(edit: Edit): void {
    makeEdit(this.#sandbox.world, edit)
    this.played.edits++
    this.#hasDeleted ||= edit.kind === 'delete newsletter'
    this.#know()
  }

  #know(): void {
    const objects = snapshot(this.#sandbox.world)
    for (const stream of STREAMS) {
      for (const key of objects[stream].keys()) this.#known[stream].add(key)
    }
  }

  async play(): Promise<void> {
    this.#know()
    for (const step of this.#sequence.steps) {
      if (step.step === 'run') await this.#run(step)
      else {
        this.#clock.pass(step.seconds)
        for (const edit of step.edits) this.#edit(edit)
      }
    }
    await this.#settle()
  }

  /** A healthy run makes everything good, whatever was before it. */
  async #settle(): Promise<void> {
    const isComplete = await this.#run(HEALTHY)
    if (!isComplete) throw new Error('a healthy run failed')
  }

  /** Where the first sync of a stream began, by the state after a run. */
  #startOf(stream: StreamName): number | undefined {
    const start = startIn(this.#warehouse.state, stream)
    if (start !== undefined) return start ?? undefined
    if (hasBookmark(this.#warehouse.state, stream)) return undefined
    return configuredStart(this.#sequence, this.#clock.span.highMs)
  }

  /**
   * Whether the tap knows the time of this run's servers: a clock that jumps before nobody can
   * allow for.
   */
  #hasAnswered(): boolean {
    // An error may come from another machine with another clock, so its time does not count.
    return this.#sandbox.requests.slice(this.#firstRequest).some(({ status }) => status === 200)
  }

  #prepare(step: RunStep): void {
    const { faults, hooks } = this.#sandbox
    faults.clear()
    hooks.clear()
    this.#fault = undefined
    this.#misleads = step.fault?.name === 'status 404'
    if (step.fault) {
      const { name, path, after } = step.fault
      // A made-up cursor that comes once leads to an empty last page, as the vendor has it: nobody
      // can tell.
      const times = /cursor|without end/.test(name) ? 1000 : step.fault.times
      const respond = EVERY_FAULT[name]?.()
      if (respond) this.#fault = faults.add({ match: new RegExp(path), after, times, respond })
    }
    for (const { request, edit, seconds: passing } of step.during) {
      const act = () => {
        if (this.#hasAnswered()) this.#clock.pass(passing)
        this.#edit(edit)
      }
      hooks.add({ after: request, times: 1, act })
    }
  }

  /** The start that a stream had when its first read was complete, until a full read is. */
  #noteDemanded(read: CompleteRun['read'], isComplete: boolean): void {
    for (const [stream, { isFull }] of read) {
      if (isFull && isComplete) this.#demanded.set(stream, undefined)
      else if (!this.#demanded.has(stream) && hasBookmark(this.#warehouse.state, stream))
        this.#demanded.set(stream, this.#startOf(stream))
    }
  }

  /** True when it was complete; throws what the oracle finds. */
  async #run(step: RunStep): Promise<boolean> {
    this.#prepare(step)
    if (step.state === 'none') this.#clock.pass(60)
    const first = givenState(structuredClone(this.#warehouse.state), step.state)
    // As when the older version wrote it: what a killed run has loaded from it counts by it.
    if (step.state === 'older') this.#warehouse.state = structuredClone(first)
    const before = snapshot(this.#sandbox.world)
    const had = byStream((stream) => new Set(this.#warehouse.table(stream).keys()))
    const latestStartMs = this.#clock.latestMs
    const known = structuredClone(this.#known)
    this.#hasDeleted = false
    this.#clock.beginRun()
    this.#firstRequest = this.#sandbox.requests.length
    const began = performance.now()
    if (step.state !== 'last') this.#deletions.forget()
    this.#hasForgotten ||= step.state !== 'last'
    if (step.state === 'none') this.#demanded.clear()
    const ending = await this.#sync(step, first)
    // The tap works out when it began: before the answer from which it has the time of the servers.
    this.#clock.span.lowMs -= performance.now() - began
    this.played.runs++
    this.played.faults += this.#fault?.applied ?? 0
    this.played.requests += this.#sandbox.requests.length - this.#firstRequest
    const read = new Map(
      STREAMS.filter((stream) => !step.deselected.includes(stream)).map((stream) => [
        stream,
        { isFull: step.full.includes(stream) },
      ]),
    )
    const found = [
      ...faultsInStates(first, this.#warehouse.states, latestStartMs),
      ...(this.#hasForgotten ? [] : this.#faultsInStarts(first, read)),
      ...this.#faultsInRows({ before, known, had, read, ending, first }),
    ]
    if (found.length > 0) throw new Error(`after run ${this.played.runs}: ${found.join('; ')}`)
    return ending === 'complete'
  }

  #faultsInStarts(first: JsonObject, read: CompleteRun['read']): string[] {
    const given = { before: first, settings: this.#sequence, clock: this.#clock.span }
    return [...read].flatMap(([stream, { isFull }]) => {
      const after = this.#warehouse.state
      return faultInStart({ ...given, stream, after, isFull }) ?? []
    })
  }

  #faultsInRows(run: {
    before: Objects
    known: CompleteRun['known']
    had: CompleteRun['known']
    read: CompleteRun['read']
    ending: Ending
    first: JsonObject
  }): string[] {
    const { before, known, had, read, ending } = run
    const isComplete = ending === 'complete'
    const isMisled = this.#misleads && (this.#fault?.applied ?? 0) > 0
    const hasDeleted = this.#hasDeleted
    const after = snapshot(this.#sandbox.world)
    const starts = byStream((stream) => this.#startOf(stream))
    const span = { before, after, starts, warehouse: this.#warehouse }
    this.#noteDemanded(read, isComplete)
    const demanded = byStream((stream) =>
      this.#demanded.has(stream) ? this.#demanded.get(stream) : starts[stream],
    )
    if (isComplete) this.played.complete++
    const found = oldRowsAfter(span, had)
    if (isComplete) {
      const { lagMs } = this.#clock
      const hasForgotten = this.#hasForgotten
      found.push(
        ...faultsAfter({
          ...span,
          demanded,
          lagMs,
          read,
          known,
          hasDeleted,
          isMisled,
          hasForgotten,
        }),
      )
    }
    const guarded = { before, after, read, isComplete, isBlurred: hasDeleted || isMisled }
    if (ending === 'refused') {
      this.played.refused++
      found.push(...this.#deletions.faultInRefusal(guarded, run.first, this.#known))
    }
    found.push(...this.#deletions.faultsAfter(guarded))
    for (const stream of STREAMS) {
      for (const key of this.#warehouse.table(stream).keys()) {
        if (!this.#known[stream].has(key)) found.push(`invented: ${stream} ${key}`)
      }
    }
    return found
  }

  #config(step: RunStep): TapConfig {
    const times = step.fault?.times ?? 0
    const { lookbackSeconds, cutoffDays, startDate, maxDeletedPercent } = this.#sequence
    return tapConfig({
      app_api_key: this.#sandbox.apiKey,
      api_url: this.#sandbox.url,
      requests_per_second: 5000,
      lookback_seconds: lookbackSeconds,
      max_deleted_percent: maxDeletedPercent,
      ...(cutoffDays !== null && { cutoff_days: cutoffDays }),
      ...(startDate !== null && { start_date: new Date(startDate * 1000).toISOString() }),
      retry_budget_seconds: times === 0 ? 60 : times <= 2 ? 3 : 0,
      request_timeout_seconds: step.fault?.name.startsWith('silence') ? 0.3 : 30,
    })
  }

  async #sync(step: RunStep, state: JsonObject): Promise<Ending> {
    const controller = new AbortController()
    const { stop } = step
    const { stream, end } = this.#warehouse.reader({
      ...(step.state === 'none' && { merges: true }),
      ...(stop && stop.how !== 'abort' && { lines: stop.lines, forgets: stop.how === 'forgets' }),
      onLine: (lines) => {
        if (stop?.how === 'abort' && lines > stop.lines) controller.abort(new Stop())
      },
    })
    const { signal } = controller
    const run = { config: this.#config(step), catalog: catalogFor(step), state, stream, signal }
    try {
      const ending = await this.#runner(run)
      if (ending === 'killed') this.played.kills++
      return ending
    } finally {
      end()
    }
  }
}
