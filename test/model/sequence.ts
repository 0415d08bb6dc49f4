/** Plays one random sequence of edits, faults, kills and runs against a sandbox, and says what the tap broke. */

import type { ActiveRule, Fault } from '../../src/sandbox/faults.ts'
import type { Sandbox } from '../../src/sandbox/server.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { createWorld } from '../../src/sandbox/generate.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS } from '../e2e/connection.ts'
import { catalogFor } from './catalog.ts'
import { makeEdit, type Edit } from './edits.ts'
import { EVERY_FAULT } from './faults.ts'
import { faultsAfter, faultsInStates, snapshot } from './oracle.ts'
import { inProcess, Stop, type Runner } from './runners.ts'
import { HEALTHY, type RunStep, type Sequence } from './steps.ts'
import { ModelWarehouse } from './warehouse.ts'

/** A read that was interrupted longer ago than an hour is completed and then read anew. */
const LONG_AGO_MS = 3_610_000
const BEGIN_MS = 1_800_000_000_000

export interface Played {
  runs: number
  complete: number
  /** Requests that a fault answered. */
  faults: number
  kills: number
  requests: number
  edits: number
}

/** One sequence at work. */
class Play {
  readonly played: Played = { runs: 0, complete: 0, faults: 0, kills: 0, requests: 0, edits: 0 }
  readonly #sequence: Sequence
  readonly #sandbox: Sandbox
  readonly #clock: { nowMs: number; latestMs: number }
  readonly #runner: Runner
  readonly #warehouse = new ModelWarehouse()
  #firstRequest = 0
  #fault: ActiveRule<Fault> | undefined
  readonly #known = {
    newsletters: new Set<string>(),
    campaigns: new Set<string>(),
    campaign_actions: new Set<string>(),
  }
  #hasDeleted = false

  constructor(
    sequence: Sequence,
    sandbox: Sandbox,
    { runner, clock }: { runner: Runner; clock: { nowMs: number; latestMs: number } },
  ) {
    this.#runner = runner
    this.#sequence = sequence
    this.#sandbox = sandbox
    this.#clock = clock
    this.#warehouse.state = { kept: 'as it is', bookmarks: { other_stream: { position: 1 } } }
  }

  /** The clock of the servers never lags further behind what it once was than the lookback reaches. */
  #pass(stepSeconds: number): void {
    const earliest = this.#clock.latestMs - this.#sequence.lookbackSeconds * 1000
    this.#clock.nowMs = Math.max(earliest, this.#clock.nowMs + stepSeconds * 1000)
    this.#clock.latestMs = Math.max(this.#clock.latestMs, this.#clock.nowMs)
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
        this.#pass(step.seconds)
        for (const edit of step.edits) this.#edit(edit)
      }
    }
    await this.#settle()
  }

  /** A healthy run makes everything good; where it went on with an interrupted one, the run after it. */
  async #settle(): Promise<void> {
    for (let run = 0; run < 2; run++) {
      const isLast = this.#resumedBehind(HEALTHY) === undefined
      if (!(await this.#run(HEALTHY))) throw new Error('a healthy run failed')
      if (isLast) return
    }
  }

  #resumedBehind(step: RunStep): number | undefined {
    const bookmarks = (this.#warehouse.state['bookmarks'] ?? {}) as Record<string, JsonObject>
    const progress = bookmarks['campaign_actions']?.['progress'] as JsonObject | undefined
    const isFull = step.full.includes('campaign_actions')
    if (!progress || ((progress['version'] ?? null) !== null) !== isFull) return undefined
    const { started_at: startedAt } = progress
    const beganMs = typeof startedAt === 'string' ? Date.parse(startedAt) : Number.NaN
    if (this.#clock.nowMs - beganMs > LONG_AGO_MS) return undefined
    return Number(progress['last_campaign_id'])
  }

  /** Whether the tap knows the time of this run's servers: a clock that jumps before nobody can allow for. */
  #hasAnswered(): boolean {
    return this.#sandbox.requests.slice(this.#firstRequest).some((one) => one.status !== undefined)
  }

  #prepare(step: RunStep): void {
    const { faults, hooks } = this.#sandbox
    faults.clear()
    hooks.clear()
    this.#fault = undefined
    if (step.fault) {
      const { name, path, after } = step.fault
      // A made-up cursor that comes once leads to an empty last page, as the vendor has it: nobody can tell.
      const times = /cursor|for ever/.test(name) ? 1000 : step.fault.times
      const respond = EVERY_FAULT[name]?.()
      if (respond) this.#fault = faults.add({ match: new RegExp(path), after, times, respond })
    }
    for (const { request, edit, seconds: passing } of step.during) {
      const act = () => {
        if (this.#hasAnswered()) this.#pass(passing)
        this.#edit(edit)
      }
      hooks.add({ after: request, times: 1, act })
    }
  }

  /** True when it was complete; throws what the oracle finds. */
  async #run(step: RunStep): Promise<boolean> {
    this.#prepare(step)
    const first = structuredClone(this.#warehouse.state)
    const before = snapshot(this.#sandbox.world)
    const resumedBehind = this.#resumedBehind(step)
    const latestStartMs = this.#clock.latestMs
    const known = structuredClone(this.#known)
    this.#hasDeleted = false
    this.#firstRequest = this.#sandbox.requests.length
    const isComplete = await this.#sync(step)
    this.played.runs++
    this.played.faults += this.#fault?.applied ?? 0
    this.played.requests += this.#sandbox.requests.length - this.#firstRequest
    const found = faultsInStates(first, this.#warehouse.states, latestStartMs)
    if (isComplete) {
      this.played.complete++
      const read = new Map(
        STREAMS.filter((stream) => !step.deselected.includes(stream)).map((stream) => [
          stream,
          { isFull: step.full.includes(stream) },
        ]),
      )
      const after = snapshot(this.#sandbox.world)
      found.push(
        ...faultsAfter({
          before,
          after,
          read,
          resumedBehind,
          known,
          hasDeleted: this.#hasDeleted,
          isMisled: step.fault?.name === 'status 404' && (this.#fault?.applied ?? 0) > 0,
          warehouse: this.#warehouse,
        }),
      )
    }
    for (const stream of STREAMS) {
      for (const key of this.#warehouse.table(stream).keys()) {
        if (!this.#known[stream].has(key)) found.push(`invented: ${stream} ${key}`)
      }
    }
    if (found.length > 0) throw new Error(`after run ${this.played.runs}: ${found.join('; ')}`)
    return isComplete
  }

  #config(step: RunStep): TapConfig {
    const times = step.fault?.times ?? 0
    return {
      app_api_key: this.#sandbox.apiKey,
      api_url: this.#sandbox.url,
      requests_per_second: 5000,
      lookback_seconds: this.#sequence.lookbackSeconds,
      retry_budget_seconds: times === 0 ? 60 : times <= 2 ? 3 : 0,
      request_timeout_seconds: step.fault?.name.startsWith('silence') ? 0.3 : 30,
    }
  }

  async #sync(step: RunStep): Promise<boolean> {
    const controller = new AbortController()
    const { stop } = step
    const { stream, end } = this.#warehouse.reader({
      ...(stop && stop.how !== 'abort' && { lines: stop.lines, forgets: stop.how === 'forgets' }),
      onLine: (lines) => {
        if (stop?.how === 'abort' && lines > stop.lines) controller.abort(new Stop())
      },
    })
    const { signal } = controller
    const { state } = this.#warehouse
    const run = { config: this.#config(step), catalog: catalogFor(step), state, stream, signal }
    try {
      const ending = await this.#runner(run)
      if (ending === 'killed') this.played.kills++
      return ending === 'complete'
    } finally {
      end()
    }
  }
}

/** Plays the sequence to its end; throws an Error that says what was lost, stale, kept or told too early. */
export async function play(sequence: Sequence, runner: Runner = inProcess): Promise<Played> {
  const clock = { nowMs: BEGIN_MS, latestMs: BEGIN_MS }
  const { seed, newsletters, campaigns, pageSize, hasTrailingPage } = sequence
  const world = createWorld({
    seed,
    newsletters,
    campaigns,
    examples: false,
    actionsPerCampaign: [0, 9],
    bodyBytes: 20,
    now: () => clock.nowMs,
  })
  const sandbox = await startSandbox({
    world,
    rate: { perSecond: Number.POSITIVE_INFINITY },
    paging: { newsletterMaxLimit: pageSize, actionLimit: pageSize, hasTrailingPage },
  })
  const playing = new Play(sequence, sandbox, { runner, clock })
  try {
    await playing.play()
    return playing.played
  } finally {
    await sandbox.close()
  }
}
