/** The frame of all three executables: exit codes, signals and an orderly end. */

import { Socket } from 'node:net'
import { constants } from 'node:os'
import { AppError, exitStatusOf } from '../errors.ts'
import { createLogger, type Logger } from '../logger.ts'

export interface ProgramDefinition {
  /** Name of the executable, as in log lines and in `<NAME>_LOGLEVEL`. */
  name: string
  /** How long a stop may take before the process exits anyway. @default 20000 */
  graceMs?: number
  /** Reports a failure to a person. @default a log line */
  reportError?: (error: AppError, logger: Logger) => void
  /** Reports a stop by a signal to a person. @default a log line */
  reportStop?: (sentence: string, logger: Logger) => void
  /** Does the work. Throws an AppError on failure, and `signal.reason` when a signal stopped it. */
  run: (context: ProgramContext) => Promise<void>
}

export interface ProgramContext {
  /** Arguments after the program's name. */
  args: readonly string[]
  env: NodeJS.ProcessEnv
  logger: Logger
  /** Aborted by the first SIGINT or SIGTERM, with a `Stopped` as its reason. */
  signal: AbortSignal
}

/** Ends the program with a status, after it has printed everything itself. */
export class ProgramExit extends Error {
  readonly exitStatus: number

  constructor(exitStatus: number) {
    super(`Exit with status ${exitStatus}.`)
    this.exitStatus = exitStatus
  }
}

type StopSignal = 'SIGINT' | 'SIGTERM'

/** A signal stopped the program. This is not a failure. */
class Stopped extends Error {
  readonly exitStatus: number

  constructor(name: StopSignal) {
    super(`Stopped by ${name}.`)
    this.name = 'Stopped'
    this.exitStatus = statusOf(name)
  }
}

/** 128 and the number of the signal, as a shell reports it. */
function statusOf(name: StopSignal): number {
  return 128 + constants.signals[name]
}

/**
 * Ends the process by the signal itself. `process.exit` would wait for the threads of drivers,
 * which cannot be stopped while a statement runs.
 */
function endBySignal(name: StopSignal): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
  // The first process of a container ignores signals that it sends to itself.
  process.exit(statusOf(name))
}

function report(error: unknown, logger: Logger, program: ProgramDefinition): number {
  if (error instanceof ProgramExit) return error.exitStatus
  if (error instanceof Stopped) {
    if (program.reportStop) program.reportStop(error.message, logger)
    else logger.info('stopped', error.message)
    return error.exitStatus
  }
  if (error instanceof AppError && program.reportError) {
    program.reportError(error, logger)
    return error.exitStatus
  }
  if (error instanceof AppError) {
    logger.critical('failed', error.fullText, { code: error.code, ...error.facts })
    return error.exitStatus
  }
  logger.unexpected('Unexpected error. Please report it as a bug', error)
  return exitStatusOf(error)
}

/** A second signal, or the end of the grace time, ends the process at once. */
function stopOnSignals(controller: AbortController, graceMs: number): () => void {
  const onSignal = (name: StopSignal) => {
    if (controller.signal.aborted) endBySignal(name)
    controller.abort(new Stopped(name))
    setTimeout(() => endBySignal(name), graceMs).unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return () => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/**
 * Stops the program when its parent closes their shared pipe or is killed. `PARENT_PIPE_FD` holds
 * the descriptor. The stop is like a SIGTERM, but never counts as the second signal that exits at
 * once.
 */
function stopWithParent(controller: AbortController, graceMs: number): void {
  const fd = Number(process.env['PARENT_PIPE_FD'])
  if (!Number.isInteger(fd) || fd < 3) return
  const stop = () => {
    if (controller.signal.aborted) return
    controller.abort(new Stopped('SIGTERM'))
    setTimeout(() => endBySignal('SIGTERM'), graceMs).unref()
  }
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('error', stop).on('close', stop).resume().unref()
}

/** Runs the program once and sets the exit status. Lets pending output finish. */
export async function main(program: ProgramDefinition): Promise<void> {
  const logger = createLogger(program.name, process.env)
  const controller = new AbortController()
  const graceMs = program.graceMs ?? 20_000
  const release = stopOnSignals(controller, graceMs)
  stopWithParent(controller, graceMs)
  process.stderr.on('error', () => undefined)
  // Uncaught errors go through the logger too, which masks secrets.
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
    // An error that follows from the stop is not reported as a failure.
    const isStopped = controller.signal.aborted && !(error instanceof AppError)
    process.exitCode = report(isStopped ? controller.signal.reason : error, logger, program)
  } finally {
    release()
  }
}
