/** Plays one random sequence of edits, faults, kills and runs against a sandbox. */

import type { ActiveRule, Fault } from '../../src/sandbox/api/faults.ts'
import type { Sandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { STREAMS } from '../e2e/support/connection.ts'
import type { ServersClock } from './clock.ts'
import { Judge } from './oracle/judge.ts'
import type { ReadStreams } from './oracle/rows.ts'
import { Stop, type Ending, type Runner } from './runners.ts'
import { NO_STATS, type PlayStats } from './stats.ts'
import { catalogFor } from './steps/catalog.ts'
import { makeEdit, type Edit } from './steps/edits.ts'
import { EVERY_FAULT } from './steps/faults.ts'
import { givenState } from './steps/given-state.ts'
import { HEALTHY, type RunStep, type Sequence } from './steps/steps.ts'
import { settingsFor } from './steps/tap-settings.ts'
import { ModelWarehouse } from './warehouse.ts'

function streamsRead({ full, deselected }: RunStep): ReadStreams {
  const read = STREAMS.filter((stream) => !deselected.includes(stream))
  return new Map(read.map((stream) => [stream, { isFull: full.includes(stream) }]))
}

/** Adds the step's fault to the sandbox. */
function addFault({ faults }: Sandbox, { fault }: RunStep): ActiveRule<Fault> | undefined {
  const respond = fault && EVERY_FAULT[fault.name]?.()
  if (!respond) return undefined
  // One invented cursor leads to an empty last page, as in the real API: no tap can detect that.
  const times = /cursor|without end/.test(fault.name) ? 1000 : fault.times
  return faults.add({ match: new RegExp(fault.path), after: fault.after, times, respond })
}

export class Play {
  readonly stats: PlayStats = { ...NO_STATS }
  readonly #sequence: Sequence
  readonly #sandbox: Sandbox
  readonly #clock: ServersClock
  readonly #runner: Runner
  readonly #warehouse: ModelWarehouse
  readonly #judge: Judge
  #hasDeletedNewsletter = false

  constructor(sequence: Sequence, sandbox: Sandbox, on: { runner: Runner; clock: ServersClock }) {
    this.#runner = on.runner
    this.#sequence = sequence
    this.#sandbox = sandbox
    this.#clock = on.clock
    this.#warehouse = new ModelWarehouse({ mergesStates: sequence.mergesStates })
    this.#warehouse.state = { kept: 'as it is', bookmarks: { other_stream: { position: 1 } } }
    this.#judge = new Judge(sequence, on.clock, this.#warehouse)
  }

  /** Throws the violations of the first run that has some. */
  async play(): Promise<void> {
    this.#judge.noteKeys(this.#sandbox.world)
    for (const step of this.#sequence.steps) {
      if (step.step === 'run') await this.#run(step)
      else {
        this.#clock.pass(step.seconds)
        for (const edit of step.edits) this.#edit(edit)
      }
    }
    // A healthy run repairs everything, whatever happened before.
    if ((await this.#run(HEALTHY)) !== 'complete') throw new Error('a healthy run failed')
  }

  #edit(edit: Edit): void {
    makeEdit(this.#sandbox.world, edit)
    this.stats.edits++
    this.#hasDeletedNewsletter ||= edit.kind === 'delete newsletter'
    this.#judge.noteKeys(this.#sandbox.world)
  }

  /** Makes the step's edits while the run is running. */
  #addEdits({ during }: RunStep): void {
    const { hooks, requests } = this.#sandbox
    const firstRequest = requests.length
    // Before its first good response, the tap does not know the servers' clock, so no tap can allow
    // for a jump. An error may come from another machine with another clock.
    const hasResponded = () => requests.slice(firstRequest).some(({ status }) => status === 200)
    for (const { request, edit, seconds } of during) {
      const act = () => {
        if (hasResponded()) this.#clock.pass(seconds)
        this.#edit(edit)
      }
      hooks.add({ after: request, times: 1, act })
    }
  }

  async #run(step: RunStep): Promise<Ending> {
    const { world, faults, hooks, requests } = this.#sandbox
    faults.clear()
    hooks.clear()
    const fault = addFault(this.#sandbox, step)
    this.#addEdits(step)
    if (step.state === 'none') this.#clock.pass(60)
    const state = givenState(structuredClone(this.#warehouse.state), step.state)
    // The older version wrote it, so it also applies to what a killed run has loaded from it.
    if (step.state === 'older') this.#warehouse.state = structuredClone(state)
    const started = this.#judge.startRun(world, step.state, state)
    this.#hasDeletedNewsletter = false
    this.#clock.beginRun()
    const requestsBefore = requests.length
    const began = performance.now()
    const ending = await this.#sync(step, state)
    // The tap's start is the time in the first response minus the time since the tap started, so it
    // can be earlier than the clock of the servers was.
    this.#clock.span.lowMs -= performance.now() - began
    this.#count(ending, fault?.applied ?? 0, requests.length - requestsBefore)
    const violations = this.#judge.violationsOf(world, {
      ...started,
      read: streamsRead(step),
      ending,
      hasDeletedNewsletter: this.#hasDeletedNewsletter,
      hasFalseNotFound: step.fault?.name === 'status 404' && (fault?.applied ?? 0) > 0,
    })
    if (violations.length > 0)
      throw new Error(`after run ${this.stats.runs}: ${violations.join('; ')}`)
    return ending
  }

  #count(ending: Ending, faults: number, requests: number): void {
    this.stats.runs++
    this.stats.faults += faults
    this.stats.requests += requests
    if (ending === 'complete') this.stats.complete++
    if (ending === 'refused') this.stats.refused++
    if (ending === 'killed') this.stats.kills++
  }

  async #sync(step: RunStep, state: JsonObject): Promise<Ending> {
    const controller = new AbortController()
    const { stop } = step
    const { stream, end } = this.#warehouse.reader({
      ...(step.state === 'none' && { mergesStates: true }),
      ...(stop &&
        stop.how !== 'abort' && { lines: stop.lines, rollsBack: stop.how === 'rollback' }),
      onLine: (lines) => {
        if (stop?.how === 'abort' && lines > stop.lines) controller.abort(new Stop())
      },
    })
    const config = settingsFor(this.#sequence, step, this.#sandbox)
    const { signal } = controller
    try {
      return await this.#runner({ config, catalog: catalogFor(step), state, stream, signal })
    } finally {
      end()
    }
  }
}
