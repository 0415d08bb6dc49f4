/** Runs the tap or the target as a child process that never outlives this one. */

import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Duplex, Readable, Writable } from 'node:stream'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'

export type ExecutableName = 'tap-customerio' | 'target-warehouse'

/** How a child process ended. */
export interface ProgramEnd {
  /** Exit status; 128 + the number of the signal that ended it. */
  status: number
  signal: NodeJS.Signals | undefined
}

export interface ProgramOptions {
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** @default the folder of this process */
  cwd?: string | undefined
  /** Descriptors 0 and 1; stderr is always a pipe. */
  stdio: readonly ['ignore' | 'pipe' | Writable, 'pipe' | Writable]
  /** Leaves the processor to what a person waits for. @default false */
  isInBackground?: boolean | undefined
}

/** How long a program may take to end after a stop, before it is killed. */
const GRACE_MS = 25_000

/**
 * The descriptor of the parent pipe, which is open while this process lives. When it ends for any
 * reason, the child reads the end of the pipe and stops by itself. Closing it also stops the child:
 * a signal could be its second one, after a terminal or an init system sent the first to the whole
 * process group, and the second signal ends it at once.
 */
const PARENT_PIPE_FD = 3

export class ChildProgram {
  readonly name: ExecutableName
  readonly ended: Promise<ProgramEnd>
  readonly stdin: Writable | undefined
  readonly stdout: Readable | undefined
  readonly stderr: Readable
  readonly #child: ChildProcess
  readonly #parentPipe: Duplex
  #killTimer: NodeJS.Timeout | undefined

  private constructor(name: ExecutableName, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.ended = this.#end()
    this.ended.catch(() => undefined) // the caller awaits it
    this.stdin = child.stdin ?? undefined
    this.stdout = child.stdout ?? undefined
    // `spawnChild` asks for pipes.
    this.stderr = child.stderr as Readable
    this.#parentPipe = child.stdio[PARENT_PIPE_FD] as Duplex
    for (const stream of [this.stdin, this.#parentPipe]) stream?.on('error', () => undefined)
  }

  /**
   * Returns when the program is running. Throws PROGRAM_NOT_STARTED with the system's error code,
   * never with an argument or a setting.
   */
  static async start(name: ExecutableName, options: ProgramOptions): Promise<ChildProgram> {
    return new ChildProgram(name, await spawnChild(name, options))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Stops the program as SIGTERM does, and kills it after the grace time. */
  stop(graceMs = GRACE_MS): void {
    this.#parentPipe.destroy()
    this.#killTimer ??= setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
  }

  /** Stops the program and waits for its end. For a program whose output nobody reads any more. */
  async abandon(graceMs?: number): Promise<void> {
    // A program whose output is not read may never end.
    for (const output of [this.stdout, this.stderr]) output?.resume()
    this.stop(graceMs)
    await this.ended.catch(() => undefined)
  }

  async #end(): Promise<ProgramEnd> {
    try {
      return await new Promise((resolve, reject) => {
        this.#child.once('error', reject)
        this.#child.once('close', (code, signal) =>
          resolve({ status: statusOf(code, signal), signal: signal ?? undefined }),
        )
      })
    } finally {
      clearTimeout(this.#killTimer)
      this.#parentPipe.destroy()
    }
  }
}

/** Hints for failures that a person can fix, by the system's error code. */
const START_HINTS: Record<string, string> = {
  ENOMEM: 'Free some memory on the machine and run again.',
  EAGAIN: 'Raise the process limit (ulimit -u) or end some processes, and run again.',
  EMFILE: 'Raise the open file limit (ulimit -n) and run again.',
  ENFILE: 'The machine has too many open files. Close some and run again.',
  E2BIG: 'Shorten the settings and the environment. A single value may have at most 128 KiB.',
  ENOENT: 'Check that Node.js and the folder of the connection file exist.',
  EACCES: 'Check the permissions of Node.js and of the folder of the connection file.',
}

/** Shows only the error code, because Node's messages repeat arguments and variables. */
function notStarted(name: ExecutableName, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  const hint = START_HINTS[code]
  return new AppError('PROGRAM_NOT_STARTED', `${name} could not be started (${code}).`, {
    ...(hint !== undefined && { hint }),
    cause,
  })
}

/** Node throws some failures and emits others as events. Both throw here. */
async function spawnChild(name: ExecutableName, options: ProgramOptions): Promise<ChildProcess> {
  const [stdin, stdout] = options.stdio
  const stdio: StdioOptions = [stdin, stdout, 'pipe', 'pipe']
  try {
    const child = spawn(process.execPath, [executable(name), ...options.args], {
      env: { ...options.env, PARENT_PIPE_FD: String(PARENT_PIPE_FD) },
      cwd: options.cwd,
      stdio,
    })
    await once(child, 'spawn')
    if (options.isInBackground) yieldProcessor(child)
    return child
  } catch (cause) {
    throw notStarted(name, cause)
  }
}

/** A child that has ended already, and a system without priorities, need none. */
function yieldProcessor({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // it only takes more of the processor than it should
  }
}

function executable(name: ExecutableName): string {
  return fileURLToPath(new URL(`../../../../bin/${name}.js`, import.meta.url))
}

function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? (signal === null ? 1 : 128 + constants.signals[signal])
}

/** Calls `onLine` for each line until the stream ends. */
export async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line)
}

/** Stops the programs when the signal is aborted. Returns a function that undoes this. */
export function stopOnAbort(programs: readonly ChildProgram[], signal: AbortSignal): () => void {
  const stop = () => {
    for (const program of programs) program.stop()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => signal.removeEventListener('abort', stop)
}

export interface OutputOptions extends Omit<ProgramOptions, 'stdio'> {
  /** Input for stdin. @default none */
  input?: string
  /** Where the output goes. @default it is returned */
  output?: Writable | undefined
  onLog: (program: ExecutableName, line: string) => void
  signal: AbortSignal
}

/**
 * Runs one program to its end. Throws PROGRAM_NOT_STARTED, and what `onLog` throws: then the
 * program was stopped.
 */
export async function outputOf(
  name: ExecutableName,
  options: OutputOptions,
): Promise<ProgramEnd & { stdout: string }> {
  const { args, env, cwd, input, isInBackground } = options
  const program = await ChildProgram.start(name, {
    args,
    env,
    cwd,
    isInBackground,
    stdio: [input === undefined ? 'ignore' : 'pipe', options.output ?? 'pipe'],
  })
  const release = stopOnAbort([program], options.signal)
  program.stdin?.end(input)
  const lines: string[] = []
  try {
    const [ended] = await Promise.all([
      program.ended,
      eachLine(program.stderr, (line) => options.onLog(name, line)),
      program.stdout && eachLine(program.stdout, (line) => lines.push(line)),
    ])
    return { ...ended, stdout: lines.join('\n') }
  } catch (error) {
    await program.abandon()
    throw error
  } finally {
    release()
  }
}
