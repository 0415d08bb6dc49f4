/** Programs of others that end with this process, also when it is killed. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Kills the program when our end of the pipe closes. */
const WATCH = '"$@" & pid=$!; read word; kill -KILL $pid; wait $pid'

export interface TiedOptions {
  cwd?: string
  /** @default the environment of this process */
  env?: NodeJS.ProcessEnv
}

/** Starts a program without input and output. Returns the function that kills it. */
export function startTied(
  program: string,
  args: readonly string[],
  { cwd, env = process.env }: TiedOptions = {},
): () => Promise<void> {
  const child = spawn('sh', ['-c', WATCH, 'watch', program, ...args], {
    cwd,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const exited = once(child, 'exit')
  return async () => {
    child.stdin.end()
    await exited
  }
}
