/** What the executables share: errors to exit codes, signals, a clean end. */

import { AppError, exitStatusOf } from '../errors.ts'
import { createLogger, type Logger } from '../logger.ts'

export interface Program {
  /** Name of the executable, as in log lines and in `<NAME>_LOGLEVEL`. */
  name: string
  /** How long a stop by signal may take before the process ends all the same. @default 20000 */
  graceMs?: number
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

/** The run was ended by a signal; not a failure. */
export class Stopped extends Error {
  readonly exitStatus: number

  constructor(name: 'SIGINT' | 'SIGTERM') {
    super(`Stopped by ${name}.`)
    this.name = 'Stopped'
    this.exitStatus = name === 'SIGINT' ? 130 : 143
  }
}

function report(error: unknown, logger: Logger): number {
  if (error instanceof Stopped) {
    logger.info(error.message)
    return error.exitStatus
  }
  if (error instanceof AppError) {
    logger.critical(error.fullText, { code: error.code, ...error.facts })
    return error.exitStatus
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  logger.critical(`Unexpected fault, please report it: ${text}`)
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

/** Runs the program once and sets the exit status; never calls `process.exit` while output is under way. */
export async function main(program: Program): Promise<void> {
  const logger = createLogger(program.name, process.env)
  const controller = new AbortController()
  const release = stopOnSignals(controller, program.graceMs ?? 20_000)
  process.stderr.on('error', () => undefined)
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
    process.exitCode = report(isStopped ? controller.signal.reason : error, logger)
  } finally {
    release()
  }
}
