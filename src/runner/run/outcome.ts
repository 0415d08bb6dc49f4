/** Pure: decides the outcome of a run from how the tap and the target ended. */

import type { RunStats } from '../programs/run-stats.ts'
import type { PairResult } from '../programs/pair.ts'
import type { AppError } from '../../errors.ts'
import type { Outcome, RunError } from '../history/record.ts'
import { programError } from '../programs/call-program.ts'

export interface RunResult {
  outcome: Outcome
  /** Exit status of `customerio-sync run`. */
  exitStatus: number
  error: RunError | null
}

/** Error codes of a tap whose target ended: an effect, not the cause. */
const LOST_TARGET = new Set(['OUTPUT_CLOSED', 'OUTPUT_FAILED'])

/** The result of a run that failed by the error. */
export function failed(error: AppError, program: RunError['program']): RunResult {
  return {
    outcome: 'failed',
    exitStatus: error.exitStatus,
    error: { program, code: error.code, message: error.fullText },
  }
}

function isCausedByTarget(result: PairResult, stats: RunStats): boolean {
  const code = stats.errors.get('tap-customerio')?.code ?? ''
  return result.target.status !== 0 && (result.targetEndedFirst || LOST_TARGET.has(code))
}

/** @param stopStatus 130 or 143 when the run was asked to stop. */
export function resultOf(
  result: PairResult,
  stats: RunStats,
  stopStatus: number | undefined,
): RunResult {
  const { tap, target } = result
  if (tap.status === 0 && target.status === 0)
    return { outcome: 'succeeded', exitStatus: 0, error: null }
  if (stopStatus !== undefined) return { outcome: 'stopped', exitStatus: stopStatus, error: null }
  const isTargets = tap.status === 0 || isCausedByTarget(result, stats)
  const [program, end] = isTargets
    ? (['target-warehouse', target] as const)
    : (['tap-customerio', tap] as const)
  return failed(programError(program, end, stats), program)
}
