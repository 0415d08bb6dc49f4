/**
 * Runs one tap piped into one target. Records go through a kernel pipe and never pass through this
 * process.
 */

import type { Writable } from 'node:stream'
import {
  ChildProgram,
  eachLine,
  stopOnAbort,
  type ExecutableName,
  type ProgramEnd,
} from './program.ts'

/** How long the tap may take to notice that its target ended, before it is killed. */
const ORPHAN_GRACE_MS = 5000

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
  /** Stops both programs when aborted. */
  signal: AbortSignal
}

export interface PairResult {
  tap: ProgramEnd
  target: ProgramEnd
  /** True when the target ended while the tap was running. */
  targetEndedFirst: boolean
  /** The last STATE that the target committed, as printed. */
  lastState: string | undefined
}

/**
 * Starts the target, then the tap with a pipe into it. When the tap cannot start, ends the target
 * first.
 */
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
  // `stdio` asks for a pipe.
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
    await target.abandon(ORPHAN_GRACE_MS)
    throw error
  } finally {
    input.destroy() // from here on only the tap holds the pipe, so its end ends the target's input
  }
}

/**
 * Runs the pair until both programs have ended. When the tap ends first, the target reaches the end
 * of its input, commits and ends. When the target ends first, the tap is stopped at once, because
 * its next write may be minutes away. When this process is killed, both programs stop by
 * themselves. Throws PROGRAM_NOT_STARTED when one of them cannot start, and what a callback throws;
 * then neither is running.
 */
export async function runPair(options: PairOptions): Promise<PairResult> {
  const { tap, target } = await startBoth(options)
  const release = stopOnAbort([tap, target], options.signal)
  let isTapRunning = true
  let lastState: string | undefined
  const afterTarget = target.ended.then(() => {
    if (isTapRunning) tap.stop(ORPHAN_GRACE_MS)
    return isTapRunning
  })
  const onState = (line: string) => {
    lastState = line
    options.onState?.(line)
  }
  try {
    const [tapEnd, targetEnd, targetEndedFirst] = await Promise.all([
      tap.ended.finally(() => (isTapRunning = false)),
      target.ended,
      afterTarget,
      eachLine(tap.stderr, (line) => options.onLog(tap.name, line)),
      eachLine(target.stderr, (line) => options.onLog(target.name, line)),
      target.stdout && eachLine(target.stdout, onState),
    ])
    return { tap: tapEnd, target: targetEnd, targetEndedFirst, lastState }
  } catch (error) {
    await Promise.all([tap, target].map(async (program) => program.abandon()))
    throw error
  } finally {
    release()
  }
}
