/**
 * Runs the tap or the target of a connection to its end, and turns its failure into an AppError.
 */

import type { Writable } from 'node:stream'
import { AppError, isErrorCode } from '../../errors.ts'
import { childEnvs } from '../connection/child-env.ts'
import type { Connection } from '../connection/connection.ts'
import type { LogEvent } from './log-line.ts'
import { outputOf, type ExecutableName, type ProgramEnd } from './program.ts'
import { RunStats } from './run-stats.ts'

export interface CallOptions {
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  /** Called with each warning and error of the programs. */
  onLogEvent?: ((program: ExecutableName, event: LogEvent) => void) | undefined
  /** Called with every line on stderr. */
  onLine?: ((line: string, program: ExecutableName) => void) | undefined
  /** Leaves the processor to what a person waits for. @default false */
  isInBackground?: boolean | undefined
}

export interface ProgramCall {
  program: ExecutableName
  args: readonly string[]
  input?: string
  /** Where the program writes, instead of returning it. It must have a file descriptor. */
  output?: Writable
}

/** The failure of one program: the error that it logged, otherwise how it ended. */
export function programError(program: ExecutableName, end: ProgramEnd, stats: RunStats): AppError {
  const logged = stats.errors.get(program)
  if (end.signal !== undefined) {
    const hint = end.signal === 'SIGKILL' ? { hint: 'The machine may have run out of memory.' } : {}
    return new AppError('PROGRAM_ENDED', `${program} was ended by ${end.signal}.`, hint)
  }
  const code = logged?.code
  if (isErrorCode(code)) return new AppError(code, logged?.message ?? '')
  const reason = logged ? `: ${logged.message}` : '.'
  return new AppError('PROGRAM_ENDED', `${program} ended with status ${end.status}${reason}`)
}

/**
 * Returns what the program prints on stdout. Throws its failure as an AppError, and the signal's
 * reason when aborted.
 */
export async function callProgram(
  connection: Connection,
  call: ProgramCall,
  options: CallOptions,
): Promise<string> {
  const { program } = call
  const stats = new RunStats()
  const envs = childEnvs(connection, options.env)
  const ended = await outputOf(program, {
    args: ['--config', 'ENV', ...call.args],
    env: program === 'tap-customerio' ? envs.tap : envs.target,
    cwd: connection.folder,
    isInBackground: options.isInBackground,
    ...(call.input !== undefined && { input: call.input }),
    output: call.output,
    onLog: (name, line) => {
      options.onLine?.(line, name)
      const event = stats.add(name, line)
      if (event && event.level !== 'critical') options.onLogEvent?.(name, event)
    },
    signal: options.signal,
  })
  options.signal.throwIfAborted()
  if (ended.status !== 0) throw programError(program, ended, stats)
  return ended.stdout
}
