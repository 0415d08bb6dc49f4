/**
 * Defines benchmarks and measures processes. Ratios are taken within one run, medians over several.
 */

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One row of the printed table. */
export interface Figure {
  what: string
  measured: number
  /** `x`, `s`, `MB`, `%`. */
  unit: string
  /** Target maximum. Undefined for a figure that is only informative. */
  atMost?: number
  /** Number of runs, spread, sizes: what a reader needs to judge the figure. */
  note?: string
}

/** What is not installed and how to set it, as a sentence; undefined if nothing is missing. */
export type MissingTool = string | undefined

/** A group of figures that are measured together. Add new ones to the list in `run.ts`. */
export interface Bench {
  /** Selects it in `npm run bench -- NAME`. */
  name: string
  title: string
  /** The group is skipped when a tool is missing. */
  missing?: (() => MissingTool) | undefined
  run: () => Promise<Figure[]>
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

export interface Measured {
  code: number
  wallSeconds: number
  /** Highest resident set of the process itself (Linux only, else NaN). */
  peakMegabytes: number
}

const POLL_MS = 20

/**
 * The kernel keeps the highest value, so the last poll before the exit covers all but the last
 * milliseconds.
 */
function peakOf(pid: number): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) / 1024
  } catch {
    return Number.NaN
  }
}

export interface MeasureOptions extends SpawnOptions {
  /** Called when the program has started, to read its output or to kill it. */
  onStart?: (child: ChildProcess) => void
}

/**
 * Runs a program until it exits and measures it. Its input and output are ignored unless
 * `options.stdio` is set.
 */
export async function measure(
  command: string,
  args: readonly string[],
  { onStart, ...options }: MeasureOptions = {},
): Promise<Measured> {
  const began = performance.now()
  const child = spawn(command, args, { stdio: 'ignore', ...options })
  onStart?.(child)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  let peakMegabytes = Number.NaN
  const watching = setInterval(() => {
    const peak = peakOf(child.pid ?? 0)
    if (!Number.isNaN(peak)) peakMegabytes = peak
  }, POLL_MS)
  try {
    const code = await ended
    return { code, wallSeconds: (performance.now() - began) / 1000, peakMegabytes }
  } finally {
    clearInterval(watching)
  }
}
