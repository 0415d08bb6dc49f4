/** Memory of an idle `start`, and of a scheduler that runs for ten simulated years. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench, Figure } from './bench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/customerio-sync.js', import.meta.url))
const YEARS = fileURLToPath(new URL('./start-years.js', import.meta.url))

/** How long the process is idle before its memory is measured. */
const SETTLING_MS = 5000

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

function connection(name: string): string {
  return JSON.stringify({
    source: { app_api_key: 'not-a-key' },
    destination: { warehouse_url: `duckdb:${name}.duckdb` },
    schedule: { type: 'cron', expression: '0 3 * * *', timezone: 'Europe/Berlin' },
  })
}

/** Resident memory of `start` with schedules that are not due. */
async function idleMegabytes(connections: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-start-'))
  const names = Array.from({ length: connections }, (_, at) => `c${at}`)
  for (const name of names) await writeFile(join(folder, `${name}.json`), connection(name))
  const args = names.flatMap((name) => ['--connection', `${name}.json`])
  const options = ['start', '--metrics-port', '0', ...args]
  const child = spawn(process.execPath, [PROGRAM, ...options], { cwd: folder, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLING_MS))
    return residentMegabytes(child.pid ?? 0)
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
}

async function idle(connections: number): Promise<Figure> {
  const what = `start, ${connections} connection${connections === 1 ? '' : 's'}, idle`
  const measured = await idleMegabytes(connections)
  return { what, measured, unit: 'MB', atMost: 80, note: 'resident set size, metrics enabled' }
}

interface Year {
  year: number
  ticks: number
  heapMegabytes: number
}

async function tenYears(): Promise<Year[]> {
  const child = spawn(process.execPath, ['--expose-gc', YEARS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Year)
}

export const START: Bench = {
  name: 'start',
  title: 'Memory of the idle scheduler',
  run: async () => {
    const years = await tenYears()
    const [first, last] = [years[1], years.at(-1)]
    const growth = (last?.heapMegabytes ?? Number.NaN) - (first?.heapMegabytes ?? Number.NaN)
    const ticks = years.reduce((sum, year) => sum + year.ticks, 0)
    const note = `${years.length} years, ${ticks} runs; heap after the second year ${first?.heapMegabytes.toFixed(2)} MB`
    return [
      await idle(1),
      await idle(10),
      { what: 'heap growth from year 2 to year 10', measured: growth, unit: 'MB', atMost: 1, note },
    ]
  },
}
