/** What a random sequence is made of, as data that fast-check can make and shrink. */

import fc from 'fast-check'
import { STREAMS, type StreamName } from '../e2e/connection.ts'
import { anEdit, type Edit } from './edits.ts'
import { EVERY_FAULT } from './faults.ts'

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
  how: 'reader' | 'forgets' | 'abort'
  /** How many lines come before it. */
  lines: number
}

export interface RunStep {
  step: 'run'
  /** Streams read as FULL_TABLE. */
  full: StreamName[]
  deselected: StreamName[]
  fault: FaultStep | null
  stop: StopStep | null
  /** Edits before the answer to the so manieth request of the run, with a step of the clock. */
  during: { request: number; edit: Edit; seconds: number }[]
}

export interface EditStep {
  step: 'edits'
  edits: Edit[]
  /** How far the workspace's clock goes on, or back, before them. */
  seconds: number
}

export interface Sequence {
  seed: number
  newsletters: number
  campaigns: number
  pageSize: number
  hasTrailingPage: boolean
  lookbackSeconds: 0 | 60
  steps: (RunStep | EditStep)[]
}

const aFault: fc.Arbitrary<FaultStep> = fc.record({
  name: fc.constantFrom(...Object.keys(EVERY_FAULT)),
  path: fc.constantFrom(...PATHS),
  after: fc.nat(4),
  times: fc.constantFrom(1, 1, 2, 3, 1000),
})

const aStop: fc.Arbitrary<StopStep> = fc.record({
  how: fc.constantFrom('reader', 'forgets', 'abort'),
  lines: fc.nat(60),
})

const seconds = fc.oneof(fc.constantFrom(0, 0, 1, 30), fc.integer({ min: -90, max: 7200 }))

const aRun: fc.Arbitrary<RunStep> = fc.record({
  step: fc.constant('run'),
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
  lookbackSeconds: fc.constantFrom(0, 60),
  steps: fc.array(fc.oneof(aRun, someEdits), { minLength: 1, maxLength: 6 }),
})

/** A run to its end. */
export const HEALTHY: RunStep = {
  step: 'run',
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
  steps: [],
}
