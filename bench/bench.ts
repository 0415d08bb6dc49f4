/**
 * What a benchmark is, and how processes are measured: ratios taken in one run, medians of several.
 */

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One row of the printed table. */
export interface Figure {
  what: string
  measured: number
  /** `x`, `s`, `MB`, `%`. */
  unit: string
  /** What the figure should not exceed; undefined for one that only informs. */
  atMost?: number
  /** Runs, spread, sizes: whatever a reader must know to believe it. */
  note?: string
}

/** A group of figures that are measured together. Add it to the list in `run.ts`. */
export interface Bench {
  /** Word by which `npm run bench -- word` picks it. */
  name: string
  title: string
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
 * The kernel keeps the highest value, so the last look before the end is the peak of all but the
 * last moments.
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
  /** Called as soon as the program runs: to read what it says, or to end it. */
  onStart?: (child: ChildProcess) => void
}

/**
 * Runs a program to its end and measures it. Its streams are as `options.stdio` says, by default
 * none.
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
