/** One tap piped into one target: starts both, hears both, ends both. The records go through a kernel pipe, not through us. */

import type { Writable } from 'node:stream'
import {
  eachLine,
  ChildProgram,
  stopOnAbort,
  type ProgramEnd,
  type ExecutableName,
} from './program.ts'

/** How long the tap may take to notice that its target is gone, before it is killed. */
const LONELY_GRACE_MS = 5000

export interface PairOptions {
  tapArgs: readonly string[]
  tapEnv: NodeJS.ProcessEnv
  targetArgs: readonly string[]
  targetEnv: NodeJS.ProcessEnv
  /** @default the folder of this process */
  cwd?: string
  /** Called with every line on stderr of either program. */
  onLog: (program: ExecutableName, line: string) => void
  /** Called with every STATE that the target committed. */
  onState?: (line: string) => void
  /** Both programs are stopped when it is aborted. */
  signal: AbortSignal
}

export interface PairResult {
  tap: ProgramEnd
  target: ProgramEnd
  /** True when the target ended while the tap was still at work. */
  targetEndedFirst: boolean
  /** The last STATE that the target committed, as it printed it. */
  lastState: string | undefined
}

/** Starts the target and, behind a pipe into it, the tap. When the tap cannot be started, the target is ended first. */
async function startBoth(
  options: PairOptions,
): Promise<{ tap: ChildProgram; target: ChildProgram }> {
  const { cwd } = options
  const target = await ChildProgram.start('target-warehouse', {
    args: options.targetArgs,
    env: options.targetEnv,
    cwd,
    stdio: ['pipe', 'pipe'],
  })
  // A pipe, as asked for above.
  const input = target.stdin as Writable
  try {
    const tap = await ChildProgram.start('tap-customerio', {
      args: options.tapArgs,
      env: options.tapEnv,
      cwd,
      stdio: ['ignore', input],
    })
    return { tap, target }
  } catch (error) {
    for (const output of [target.stdout, target.stderr]) output?.resume()
    target.stop(LONELY_GRACE_MS)
    await target.ended.catch(() => undefined)
    throw error
  } finally {
    input.destroy() // only the tap holds the pipe from now on, so its end is the end of the target's input
  }
}

/**
 * Runs the pair until both have ended. When the tap ends first, the target meets the end of its input, commits and ends; when the target
 * ends first, the tap is stopped at once, for it may not write again for minutes. When we are killed, both stop by themselves.
 * Throws PROGRAM_NOT_STARTED; then neither of them runs any more.
 */
export async function runPair(options: PairOptions): Promise<PairResult> {
  const { tap, target } = await startBoth(options)
  const release = stopOnAbort([tap, target], options.signal)
  let tapRuns = true
  let lastState: string | undefined
  const afterTarget = target.ended.then(() => {
    if (tapRuns) tap.stop(LONELY_GRACE_MS)
    return tapRuns
  })
  const onState = (line: string) => {
    lastState = line
    options.onState?.(line)
  }
  try {
    const [tapEnded, targetEnded, targetEndedFirst] = await Promise.all([
      tap.ended.finally(() => (tapRuns = false)),
      target.ended,
      afterTarget,
      eachLine(tap.stderr, (line) => options.onLog(tap.name, line)),
      eachLine(target.stderr, (line) => options.onLog(target.name, line)),
      target.stdout && eachLine(target.stdout, onState),
    ])
    return { tap: tapEnded, target: targetEnded, targetEndedFirst, lastState }
  } finally {
    release()
  }
}
