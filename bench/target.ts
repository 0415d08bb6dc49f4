/** Loads the input file with our executable, and computes ratios of pairs. */

import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { measure, median, type Figure, type Measured } from './bench.ts'

const TARGET = fileURLToPath(new URL('../../bin/target-warehouse.js', import.meta.url))

/** Measurements per pair. */
export const RUNS = Number(process.env['BENCH_RUNS'] ?? 3)

export interface FeedOptions {
  /** Variables in addition to our own environment. */
  env?: Record<string, string>
  /** @default 'inherit' */
  stderr?: number | 'inherit'
}

/** Runs a program with the file as its stdin. Throws unless it exits with status 0. */
export async function feed(
  [command, ...args]: readonly [string, ...string[]],
  path: string,
  { env, stderr = 'inherit' }: FeedOptions = {},
): Promise<Measured> {
  const file = await open(path)
  try {
    const measured = await measure(command, args, {
      stdio: [file.fd, 'ignore', stderr],
      env: { ...process.env, ...env },
    })
    if (measured.code !== 0) throw new Error(`${command} ended with status ${measured.code}`)
    return measured
  } finally {
    await file.close()
  }
}

/**
 * Loads the file with `target-warehouse`. Settings that are not in `settings` keep their defaults.
 */
export async function loadFile(
  url: string,
  path: string,
  settings: Record<string, string | number> = {},
): Promise<Measured> {
  const given: Record<string, string | number> = {
    warehouse_url: url,
    loglevel: 'warning',
    ...settings,
  }
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      `TARGET_WAREHOUSE_${name.toUpperCase()}`,
      String(value),
    ]),
  )
  return feed([process.execPath, TARGET, '--config', 'ENV'], path, { env })
}

/** One round: our load, immediately followed by the floor. */
export interface Pair {
  ours: Measured
  floorSeconds: number
}

export function seconds(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(', ')
}

/** The median of the pairs' ratios. The note lists the times. */
export function ratioFigure(what: string, pairs: readonly Pair[], atMost: number): Figure {
  const ours = pairs.map((pair) => pair.ours.wallSeconds)
  const floors = pairs.map(({ floorSeconds }) => floorSeconds)
  return {
    what,
    measured: median(pairs.map((pair) => pair.ours.wallSeconds / pair.floorSeconds)),
    unit: 'x',
    atMost,
    note: `${seconds(ours)} s against ${seconds(floors)} s`,
  }
}

export function peak(runs: readonly Measured[]): number {
  return median(runs.map((run) => run.peakMegabytes))
}

export function wall(runs: readonly Measured[]): number {
  return median(runs.map((run) => run.wallSeconds))
}

/**
 * How memory and time grow with a file ten times as large. `megabytes` is the aim of the memory.
 */
export function growthFigures(
  large: readonly Measured[],
  small: readonly Measured[],
  megabytes?: number,
): Figure[] {
  return [
    {
      what: 'peak memory',
      measured: peak(large),
      unit: 'MB',
      ...(megabytes !== undefined && { atMost: megabytes }),
    },
    {
      what: 'peak memory / that of a tenth',
      measured: peak(large) / peak(small),
      unit: 'x',
      atMost: 1.25,
      note: `a tenth: ${peak(small).toFixed(0)} MB`,
    },
    {
      what: 'wall / 10 x wall of a tenth',
      measured: wall(large) / wall(small) / 10,
      unit: 'x',
      atMost: 1.1,
      note: `a tenth: ${seconds(small.map((run) => run.wallSeconds))} s`,
    },
  ]
}
