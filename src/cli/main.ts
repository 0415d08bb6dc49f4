/** What the executables share: errors to exit codes, signals, a clean end. */

import { Socket } from 'node:net'
import { AppError, exitStatusOf } from '../errors.ts'
import { createLogger, type Logger } from '../logger.ts'

export interface ProgramDefinition {
  /** Name of the executable, as in log lines and in `<NAME>_LOGLEVEL`. */
  name: string
  /** How long a stop by signal may take before the process ends all the same. @default 20000 */
  graceMs?: number
  /** Tells a person of a failure. @default a log line */
  tellError?: (error: AppError, logger: Logger) => void
  /** Does the work. Returns when it is complete; throws an AppError, or `signal.reason` when it stopped for a signal. */
  run: (context: ProgramContext) => Promise<void>
}

export interface ProgramContext {
  /** Arguments behind the program's name. */
  args: readonly string[]
  env: NodeJS.ProcessEnv
  logger: Logger
  /** Aborted by the first SIGINT or SIGTERM, with a `Stopped` as its reason. */
  signal: AbortSignal
}

/** The program has said all there is to say; what is left is the exit status. */
export class Ended extends Error {
  readonly exitStatus: number

  constructor(exitStatus: number) {
    super(`Ended with status ${exitStatus}.`)
    this.exitStatus = exitStatus
  }
}

/** The run was ended by a signal; not a failure. */
class Stopped extends Error {
  readonly exitStatus: number

  constructor(name: 'SIGINT' | 'SIGTERM') {
    super(`Stopped by ${name}.`)
    this.name = 'Stopped'
    this.exitStatus = name === 'SIGINT' ? 130 : 143
  }
}

function report(error: unknown, logger: Logger, program: ProgramDefinition): number {
  if (error instanceof Ended) return error.exitStatus
  if (error instanceof Stopped) {
    logger.info('stopped', error.message)
    return error.exitStatus
  }
  if (error instanceof AppError && program.tellError) {
    program.tellError(error, logger)
    return error.exitStatus
  }
  if (error instanceof AppError) {
    logger.critical('failed', error.fullText, { code: error.code, ...error.facts })
    return error.exitStatus
  }
  logger.unexpected('Unexpected error, please report it', error)
  return exitStatusOf(error)
}

/** The second signal, or a stop that takes longer than the grace time, ends the process at once. */
function stopOnSignals(controller: AbortController, graceMs: number): () => void {
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    const stopped = new Stopped(name)
    if (controller.signal.aborted) process.exit(stopped.exitStatus)
    controller.abort(stopped)
    setTimeout(() => process.exit(stopped.exitStatus), graceMs).unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return () => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/**
 * A program that started us as its part holds a pipe open, whose descriptor stands in `PARENT_PIPE_FD`: when it ends, because that program
 * stops us or was killed, we stop as by SIGTERM. Unlike a second signal it is no command to end at once.
 */
function stopWithParent(controller: AbortController, graceMs: number): void {
  const fd = Number(process.env['PARENT_PIPE_FD'])
  if (!Number.isInteger(fd) || fd < 3) return
  const stop = () => {
    if (controller.signal.aborted) return
    const stopped = new Stopped('SIGTERM')
    controller.abort(stopped)
    setTimeout(() => process.exit(stopped.exitStatus), graceMs).unref()
  }
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('error', stop).on('close', stop).resume().unref()
}

/** Runs the program once and sets the exit status; never calls `process.exit` while output is under way. */
export async function main(program: ProgramDefinition): Promise<void> {
  const logger = createLogger(program.name, process.env)
  const controller = new AbortController()
  const graceMs = program.graceMs ?? 20_000
  const release = stopOnSignals(controller, graceMs)
  stopWithParent(controller, graceMs)
  process.stderr.on('error', () => undefined)
  // What nobody caught goes through the logger too, which masks the secrets in it.
  process.on('uncaughtException', (error) => process.exit(report(error, logger, program)))
  const context = {
    args: process.argv.slice(2),
    env: process.env,
    logger,
    signal: controller.signal,
  }
  try {
    await program.run(context)
  } catch (error) {
    // What breaks because of the stop is not a fault of its own.
    const isStopped = controller.signal.aborted && !(error instanceof AppError)
    process.exitCode = report(isStopped ? controller.signal.reason : error, logger, program)
  } finally {
    release()
  }
}
