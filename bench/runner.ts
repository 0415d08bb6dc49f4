/** Overhead of the runner: its CPU time / that of its tap and target. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorldOptions } from '../src/sandbox/generate.ts'
import { startSandbox } from '../src/sandbox/api/server.ts'
import { measure, type Bench, type Figure } from './bench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/customerio-sync.js', import.meta.url))
const PRELOAD = new URL('./cpu-at-exit.js', import.meta.url).href

interface Sync {
  what: string
  world: WorldOptions
  perSecond: number
  /**
   * Only the long sync has a maximum. In a short one, most of the runner's CPU time is the start of
   * Node itself.
   */
  atMost?: number
}

const SYNCS: readonly Sync[] = [
  {
    what: 'a small workspace at the rate limit of 10 requests per second',
    world: { newsletters: 1000, campaigns: 250, examples: false },
    perSecond: 10,
  },
  {
    what: 'a large workspace at 200 requests per second',
    world: { newsletters: 100_000, campaigns: 5000, examples: false },
    perSecond: 200,
    atMost: 2,
  },
]

interface Used {
  args: string[]
  seconds: number
}

/** CPU seconds, user and system. */
interface Cpu {
  runner: number
  tap: number
  target: number
}

/**
 * Counts only the call of each program with the most CPU time. The target also runs briefly before
 * the load, for example to print the last state.
 */
function cpuOf(lines: readonly Used[]): Cpu {
  const greatest = (program: string) => {
    const own = lines.filter(({ args: [path] }) => path && basename(path) === `${program}.js`)
    return Math.max(...own.map(({ seconds }) => seconds))
  }
  return {
    runner: greatest('customerio-sync'),
    tap: greatest('tap-customerio'),
    target: greatest('target-warehouse'),
  }
}

async function measureSync({ world, perSecond }: Sync) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY }, world })
  const folder = await mkdtemp(join(tmpdir(), 'bench-runner-'))
  const cpuFile = join(folder, 'cpu.jsonl')
  try {
    const { apiKey, url } = sandbox
    const source = { app_api_key: apiKey, api_url: url, requests_per_second: perSecond }
    const destination = { warehouse_url: 'duckdb:warehouse.duckdb' }
    await writeFile(join(folder, 'connection.json'), JSON.stringify({ source, destination }))
    const env = { ...process.env, NODE_OPTIONS: `--import=${PRELOAD}`, CPU_FILE: cpuFile }
    const { code, wallSeconds } = await measure(process.execPath, [PROGRAM, 'run'], {
      cwd: folder,
      env,
    })
    if (code !== 0) throw new Error(`the run ended with status ${code}`)
    const lines = (await readFile(cpuFile, 'utf8')).trim().split('\n')
    return { cpu: cpuOf(lines.map((line) => JSON.parse(line) as Used)), wallSeconds }
  } finally {
    await sandbox.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function figureOf(sync: Sync): Promise<Figure> {
  const { cpu, wallSeconds } = await measureSync(sync)
  const { runner, tap, target } = cpu
  const used = `runner ${runner.toFixed(2)} s, tap ${tap.toFixed(1)} s, target ${target.toFixed(1)} s`
  return {
    what: sync.what,
    measured: (100 * runner) / (tap + target),
    unit: '%',
    ...(sync.atMost !== undefined && { atMost: sync.atMost }),
    note: `${used}; ${wallSeconds.toFixed(0)} s of wall time`,
  }
}

export const RUNNER: Bench = {
  name: 'runner',
  title: "The runner's own CPU time / that of its tap and target",
  run: async () => {
    const figures: Figure[] = []
    for (const sync of SYNCS) figures.push(await figureOf(sync))
    return figures
  },
}
