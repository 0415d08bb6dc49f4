/** The steps of a random sequence, as data that fast-check can generate and shrink. */

import fc from 'fast-check'
import { STREAMS, type StreamName } from '../../e2e/support/connection.ts'
import { anEdit, type Edit } from './edits.ts'
import { EVERY_FAULT } from './faults.ts'
import type { GivenState } from './given-state.ts'

const PATHS = [
  'newsletters',
  'campaigns$',
  'campaigns',
  'actions',
  'campaigns/1002/',
  'start=',
] as const

interface FaultStep {
  name: string
  path: (typeof PATHS)[number]
  after: number
  times: number
}

interface StopStep {
  /**
   * `close`: the reader closes the pipe. `rollback`: it also loses everything since the last STATE,
   * like a target with an open transaction. `abort`: a signal stops the tap.
   */
  how: 'close' | 'rollback' | 'abort'
  /** Lines that the reader takes first. */
  lines: number
}

export interface RunStep {
  step: 'run'
  state: GivenState
  /** Streams read as FULL_TABLE. */
  full: StreamName[]
  deselected: StreamName[]
  fault: FaultStep | null
  stop: StopStep | null
  /** Edits and clock steps just before the response to the given request of the run. */
  during: { request: number; edit: Edit; seconds: number }[]
}

interface EditStep {
  step: 'edits'
  edits: Edit[]
  /** How far the servers' clock moves before the edits. Negative moves it back. */
  seconds: number
}

export interface Sequence {
  seed: number
  newsletters: number
  campaigns: number
  pageSize: number
  hasTrailingPage: boolean
  lookbackSeconds: number
  cutoffDays: number | null
  /** Epoch seconds. */
  startDate: number | null
  maxDeletedPercent: number
  /** Merges each STATE into the last one, as Meltano does in a full refresh. */
  mergesStates: boolean
  steps: (RunStep | EditStep)[]
}

const aFault: fc.Arbitrary<FaultStep> = fc.record({
  name: fc.constantFrom(...Object.keys(EVERY_FAULT)),
  path: fc.constantFrom(...PATHS),
  after: fc.nat(4),
  times: fc.constantFrom(1, 1, 2, 3, 1000),
})

const aStop: fc.Arbitrary<StopStep> = fc.record({
  how: fc.constantFrom('close', 'rollback', 'abort'),
  lines: fc.nat(60),
})

/** Clock steps: some are short, and some are days long, so that a cutoff moves. */
const seconds = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(0, 0, 1, 30) },
  { weight: 2, arbitrary: fc.integer({ min: -90, max: 7200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map((days) => days * 86_400) },
)

/**
 * Generated objects were updated from 2020 to September 2026, and sequences start in January 2027.
 * So a cutoff includes all objects, some or none.
 */
const aCutoff = fc.option(fc.constantFrom(0, 1, 90, 150, 400, 800, 1200, 1600, 2000, 3000), {
  freq: 3,
})
const aStartDate = fc.option(fc.integer({ min: 1_577_836_800, max: 1_802_000_000 }), { freq: 1 })

const aRun: fc.Arbitrary<RunStep> = fc.record({
  step: fc.constant('run'),
  state: fc.oneof(
    { weight: 6, arbitrary: fc.constant<GivenState>('last') },
    { weight: 1, arbitrary: fc.constantFrom<GivenState>('none', 'older') },
  ),
  full: fc.subarray([...STREAMS]),
  deselected: fc.oneof(
    { weight: 4, arbitrary: fc.constant<StreamName[]>([]) },
    { weight: 1, arbitrary: fc.subarray<StreamName>([...STREAMS]) },
  ),
  fault: fc.option(aFault, { freq: 2 }),
  stop: fc.option(aStop, { freq: 2 }),
  during: fc.array(fc.record({ request: fc.nat(15), edit: anEdit, seconds }), { maxLength: 3 }),
})

const someEdits: fc.Arbitrary<EditStep> = fc.record({
  step: fc.constant('edits'),
  edits: fc.array(anEdit, { maxLength: 4 }),
  seconds,
})

export const aSequence: fc.Arbitrary<Sequence> = fc.record({
  seed: fc.nat(1000),
  newsletters: fc.nat(9),
  campaigns: fc.nat(4),
  pageSize: fc.integer({ min: 1, max: 4 }),
  hasTrailingPage: fc.boolean(),
  lookbackSeconds: fc.constantFrom(0, 60, 60, 3600, 500 * 86_400),
  cutoffDays: aCutoff,
  startDate: aStartDate,
  maxDeletedPercent: fc.constantFrom(100, 50, 0),
  mergesStates: fc.boolean(),
  steps: fc.array(fc.oneof(aRun, someEdits), { minLength: 1, maxLength: 6 }),
})

/** A run without a fault or a stop. */
export const HEALTHY: RunStep = {
  step: 'run',
  state: 'last',
  full: [],
  deselected: [],
  fault: null,
  stop: null,
  during: [],
}

export const EMPTY: Sequence = {
  seed: 1,
  newsletters: 0,
  campaigns: 0,
  pageSize: 2,
  hasTrailingPage: false,
  lookbackSeconds: 0,
  cutoffDays: null,
  startDate: null,
  maxDeletedPercent: 50,
  mergesStates: false,
  steps: [],
}
