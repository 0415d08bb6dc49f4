/** Python's DuckDB in a process of its own, which reads the lake while it is loaded. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT, type Scope } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { programOf } from '../venvs.ts'
import { parseLines } from '../workspace.ts'

/** What one query saw of the ledger and of the rows. */
export interface Sight {
  /** Of the newest STATE in the ledger; -1 for none. */
  step: number
  /** All rows that the ledger counts. */
  loaded: number
  load: number
  count: number
  digest: string
  /** False when the ledger changed within a transaction that only reads. */
  steady?: boolean
}

export interface Watcher {
  sights: () => Sight[]
  /** Resolves when the reader has seen something. */
  untilSeen: (isSeen: (sight: Sight) => boolean, what: string) => Promise<void>
  /** Ends the reader. Returns all rows as text, and the type of the column. */
  finish: () => Promise<Sight & { rows: [id: number, v: string][]; type: string }>
}

export function watchLake(test: Scope, settings: string): Watcher {
  const script = join(ROOT, 'test/interop/lakes/watch.py')
  const child = spawn(programOf('duckdb', 'python'), [script, settings], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  test.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const sights = (): Sight[] => {
    const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
    return parseLines(whole) as unknown as Sight[] // the script prints nothing else until its end
  }
  return {
    sights,
    untilSeen: async (isSeen, what) => {
      await until(
        () => {
          if (child.exitCode !== null) throw new Error(`the reader ended: ${stderr}`)
          return sights().some(isSeen)
        },
        { what: `the reader to see ${what}` },
      )
    },
    finish: async () => {
      child.stdin.end()
      const [code] = (await ended) as [number | null]
      if (code !== 0) throw new Error(stderr)
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      stdout = stdout.slice(0, stdout.lastIndexOf(last))
      return JSON.parse(last) as Awaited<ReturnType<Watcher['finish']>>
    },
  }
}
