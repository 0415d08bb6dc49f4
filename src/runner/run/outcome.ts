/** Pure: what a run came to, from how its two programs ended and what they said. */

import type { RunStats } from '../programs/run-stats.ts'
import type { PairResult } from '../programs/pair.ts'
import type { AppError } from '../../errors.ts'
import type { Outcome, RunError } from '../history/record.ts'
import { programError } from '../warehouse/target-client.ts'

export interface RunResult {
  outcome: Outcome
  /** Of the contract: what a child was ended by becomes 1 where nobody asked for the stop. */
  exitStatus: number
  error: RunError | null
}

/** What the tap says when its target is gone: an effect, not a cause. */
const LOST_READER = new Set(['OUTPUT_CLOSED', 'OUTPUT_FAILED'])

/** A failure as it stands in the record. */
export function failed(error: AppError, program: RunError['program']): RunResult {
  return {
    outcome: 'failed',
    exitStatus: error.exitStatus,
    error: { program, code: error.code, message: error.fullText },
  }
}

function isEffectOfTarget(result: PairResult, figures: RunStats): boolean {
  const code = figures.errors.get('tap-customerio')?.code ?? ''
  return result.target.status !== 0 && (result.targetEndedFirst || LOST_READER.has(code))
}

/** @param stopStatus 130 or 143 when we were asked to stop. */
export function resultOf(
  result: PairResult,
  figures: RunStats,
  stopStatus: number | undefined,
): RunResult {
  const { tap, target } = result
  if (tap.status === 0 && target.status === 0)
    return { outcome: 'succeeded', exitStatus: 0, error: null }
  if (stopStatus !== undefined) return { outcome: 'stopped', exitStatus: stopStatus, error: null }
  const isTargets = tap.status === 0 || isEffectOfTarget(result, figures)
  const [program, ended] = isTargets
    ? (['target-warehouse', target] as const)
    : (['tap-customerio', tap] as const)
  return failed(programError(program, ended, figures), program)
}
