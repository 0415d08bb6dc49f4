/**
 * Runs our executables as real processes, and fails when one of them leaks a secret that it was
 * given.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'
import { parseJson, type JsonObject } from '../../src/singer/json.ts'
import type { Message } from '../../src/singer/messages.ts'
import { assertNoSecrets, secretsGiven, watchSecrets } from './secrets.ts'
import { bounded, until } from './wait.ts'

/** Root of the checkout, relative to the compiled tests. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Finished {
  /** Exit status, or 128 + signal number. */
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  args?: readonly string[]
  /** Options for Node itself. */
  nodeArgs?: readonly string[]
  stdin?: string
  cwd?: string
  env?: Record<string, string>
  timeoutMs?: number
}

/** The environment of the tests without variables that affect our programs. */
function cleanEnv(extra: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '', TEST_RUN = '' } = process.env
  return { PATH, HOME, TEST_RUN, ...(TMPDIR !== '' && { TMPDIR }), ...extra }
}

const watches = new WeakMap<object, ReturnType<typeof watchSecrets>>()

/** Only a hanging program takes this long, even on a slow and busy machine. */
const HANGS_MS = bounded(9000)

/** Starts a program of `bin/`. Kills it after its time limit. */
export function start(name: string, options: RunOptions = {}) {
  const { args = [], cwd = ROOT, env = {} } = options
  const child = spawn(
    process.execPath,
    [...(options.nodeArgs ?? []), join(ROOT, 'bin', `${name}.js`), ...args],
    {
      cwd,
      env: cleanEnv(env),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? HANGS_MS,
      killSignal: 'SIGKILL',
    },
  )
  child.stdin.on('error', () => undefined) // the program may end before it has read everything
  watches.set(child, watchSecrets(child.pid, { args, cwd, env, root: ROOT }))
  return child
}

/** Runs a program of `bin/` until it exits. */
export async function run(name: string, options: RunOptions = {}): Promise<Finished> {
  const child = start(name, options)
  const finished = collect(child)
  child.stdin.end(options.stdin ?? '')
  return finished
}

/** Fails when the output has a secret: one that the program was given, or a sandbox's key. */
function checkSecrets(child: object, output: Finished): void {
  const watch = watches.get(child)
  if (watch) watch.finish(output)
  else
    assertNoSecrets(
      secretsGiven({ args: [], cwd: ROOT, env: {} }),
      Object.entries({ output: `${output.stdout}${output.stderr}` }),
    )
}

/** The output of a started program until it exits. Rejects when it leaked a secret. */
export async function collect(child: ReturnType<typeof start>): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const signals: Record<string, number> = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 }
      const finished = { code: code ?? signals[signal ?? ''] ?? 1, stdout, stderr }
      try {
        checkSecrets(child, finished)
        resolve(finished)
      } catch (error) {
        reject(error)
      }
    })
  })
}

/** PIDs of the process's children, including zombies. Linux only. */
export async function childrenOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean)
}

/** How long a process uses no CPU when it waits for input. */
const IDLE_MS = 200

/** Resolves when the process waits: it has used no CPU for a while. At once where /proc is not. */
export async function untilIdle({ pid }: { pid?: number | undefined }): Promise<void> {
  if (process.platform !== 'linux') return
  let before = ''
  const isIdle = async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const [userTicks, systemTicks] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11)
    const ticks = `${userTicks} ${systemTicks}`
    const isSame = ticks === before
    before = ticks
    if (!isSame) await sleep(IDLE_MS)
    return isSame
  }
  await until(isIdle, { what: 'the process to wait' })
}

/** The Singer messages of a tap's output. */
export function messagesOf(stdout: string): Message[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => parseJson(line) as unknown as Message)
}

export function recordsOf(stdout: string, stream: string): JsonObject[] {
  return messagesOf(stdout).flatMap((message) =>
    message.type === 'RECORD' && message.stream === stream ? [message.record] : [],
  )
}

/** The value of the last STATE, if any. */
export function lastStateOf(stdout: string): JsonObject | undefined {
  return messagesOf(stdout)
    .flatMap((message) => (message.type === 'STATE' ? [message.value] : []))
    .at(-1)
}

/** A test, or anything else that releases resources at its end. */
export type Scope = Pick<TestContext, 'after'>

/** What must end before the folders of a test are deleted. */
const ENDS = new WeakMap<Scope, (() => Promise<unknown>)[]>()

/** Calls `end` at the end of the test, before its folders are deleted. */
export function endBeforeFolders(context: Scope, end: () => Promise<unknown>): void {
  const ends = ENDS.get(context)
  if (ends) ends.push(end)
  else context.after(end)
}

/** Kills a process, and waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Creates a folder that is deleted when the test ends. */
export async function temporaryFolder(context: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'test-'))
  const ends = ENDS.get(context) ?? []
  ENDS.set(context, ends)
  context.after(async () => {
    await Promise.all(ends.splice(0).map(async (end) => end()))
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

export async function writeJson(folder: string, name: string, value: unknown): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(value))
  return path
}
