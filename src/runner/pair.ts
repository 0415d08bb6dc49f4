/** One tap piped into one target: spawns both, watches both, ends both. The records go through a kernel pipe, not through us. */

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** How long a program may take to end after SIGTERM before it is killed. */
const GRACE_MS = 25_000

const SIGNAL_STATUS: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGKILL: 137,
}

export type ExecutableName = 'tap-customerio' | 'target-warehouse'

export interface PairOptions {
  tapArgs: readonly string[]
  targetArgs: readonly string[]
  env: NodeJS.ProcessEnv
  /** Called with every line on stderr of either program. */
  onLog: (program: ExecutableName, line: string) => void
  /** SIGTERM goes to both programs when it is aborted. */
  signal: AbortSignal
}

export interface PairResult {
  /** Exit statuses; 128 + signal where a signal ended the program. */
  tap: number
  target: number
  /** The last STATE that the target committed, as it printed it. */
  lastState: string | undefined
}

function executable(name: ExecutableName): string {
  return fileURLToPath(new URL(`../../../bin/${name}.js`, import.meta.url))
}

async function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? (signal && SIGNAL_STATUS[signal]) ?? 1))
  })
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line)
}

/** SIGTERM now, SIGKILL after the grace time. Returns what takes this back. */
function stopOnAbort(children: readonly ChildProcess[], signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    for (const child of children) child.kill('SIGTERM')
    timer = setTimeout(() => {
      for (const child of children) child.kill('SIGKILL')
    }, GRACE_MS)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** What one program prints on stdout. The other streams are left to the terminal. Throws when it cannot be started. */
export async function outputOf(
  name: ExecutableName,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ status: number; stdout: string }> {
  const child = spawn(process.execPath, [executable(name), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  return { status: await statusOf(child), stdout }
}

/**
 * Runs the pair until both have ended. When the target ends first, the tap meets a closed pipe; when the tap ends first, the target
 * meets the end of its input: so neither outlives the other for long.
 */
export async function runPair(options: PairOptions): Promise<PairResult> {
  const { env } = options
  const target = spawn(process.execPath, [executable('target-warehouse'), ...options.targetArgs], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const tap = spawn(process.execPath, [executable('tap-customerio'), ...options.tapArgs], {
    env,
    stdio: ['ignore', target.stdin, 'pipe'],
  })
  target.stdin.destroy() // the tap holds the only end from now on, so its end is the target's end of input
  const release = stopOnAbort([tap, target], options.signal)
  let lastState: string | undefined
  try {
    const [tapStatus, targetStatus] = await Promise.all([
      statusOf(tap),
      statusOf(target),
      tap.stderr && eachLine(tap.stderr, (line) => options.onLog('tap-customerio', line)),
      eachLine(target.stderr, (line) => options.onLog('target-warehouse', line)),
      eachLine(target.stdout, (line) => (lastState = line)),
    ])
    return { tap: tapStatus, target: targetStatus, lastState }
  } finally {
    release()
  }
}
