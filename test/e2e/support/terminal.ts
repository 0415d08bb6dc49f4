/** Runs `customerio-sync` on a pseudo-terminal, and reads what its screen shows. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { collect, ROOT, type Finished } from '../../support/programs.ts'
import { bounded } from '../../support/wait.ts'

export interface TerminalOptions {
  cwd: string
  /** Replies to prompts, in order. */
  replies?: readonly (readonly [prompt: string, reply: string])[]
  env?: Record<string, string>
  /** @default 80 */
  columns?: number
}

/** Its stdout holds what the program wrote on the terminal. */
export async function onTerminal(
  args: readonly string[],
  { cwd, replies = [], env = {}, columns = 80 }: TerminalOptions,
): Promise<Finished> {
  const { PATH = '', TMPDIR = '/tmp', TEST_RUN = '' } = process.env
  const program = [process.execPath, join(ROOT, 'bin', 'customerio-sync.js'), ...args]
  const child = spawn(
    'python3',
    [join(ROOT, 'test', 'e2e', 'support', 'terminal.py'), ...program],
    {
      cwd,
      env: {
        PATH,
        TMPDIR,
        TEST_RUN,
        TERM: 'xterm',
        TERMINAL_COLUMNS: String(columns),
        TERMINAL_SECONDS: String(bounded(15_000) / 1000),
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  child.stdin.end(replies.map((pair) => pair.join('\t')).join('\n'))
  return collect(child)
}

// oxlint-disable-next-line no-control-regex -- finds what moves the cursor
const ESCAPES = /\u001b\[[\d;]*[A-Za-z]/g

/** A line as it stays on the screen. */
function lineOf(written: string): string {
  const drawn = written.split('\r\u001b[K').at(-1) ?? ''
  const text = drawn.replaceAll(ESCAPES, '')
  return text
    .replace(/^.*\r(?=.)/, '')
    .replace(/\r$/, '')
    .trimEnd()
}

/** The lines that stay on the screen: without escapes, and without lines that were redrawn. */
export function screenOf(output: string): string {
  const lines = output.replaceAll('\r\n', '\n').split('\n')
  return lines.map(lineOf).join('\n').trim()
}
