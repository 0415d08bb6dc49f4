/**
 * `npm run bench [-- [--write] NAME...]`: measures and prints one table per group. With `--write`,
 * the figures go into `figures.json`, from which the docs show them, but only those that were
 * measured on a quiet machine. Fails when a name is unknown.
 */

import { formatTable } from '../src/terminal/table.ts'
import { chosenByName } from '../test/support/chosen-by-name.ts'
import { BATCH_SIZE } from './batch-size.ts'
import type { Bench, Figure } from './bench.ts'
import { CONSOLE } from './console.ts'
import { DISCOVER } from './discover.ts'
import { HISTORY } from './history.ts'
import { MEMORY } from './memory.ts'
import { NEWSLETTERS } from './newsletters.ts'
import { PEERS } from './peers.ts'
import { publish } from './published.ts'
import { currentLoad, isQuiet, machineName, QUIET_LOAD, waitForQuiet } from './quiet.ts'
import { RATE } from './rate.ts'
import { RESUME } from './resume.ts'
import { RUNNER } from './runner.ts'
import { MANY_SMALL_LOADS } from './small-loads.ts'
import { START } from './start.ts'
import { TARGET_DUCKDB } from './target-duckdb.ts'
import { TARGET_LAKES } from './target-lakes.ts'
import { TARGET_PARSE } from './target-parse.ts'
import { TARGET_POSTGRES } from './target-postgres.ts'

const BENCHES: readonly Bench[] = [
  DISCOVER,
  RATE,
  MEMORY,
  NEWSLETTERS,
  RESUME,
  TARGET_PARSE,
  TARGET_DUCKDB,
  TARGET_POSTGRES,
  ...TARGET_LAKES,
  ...MANY_SMALL_LOADS,
  ...BATCH_SIZE,
  ...PEERS,
  HISTORY,
  START,
  RUNNER,
  CONSOLE,
]

function row({ what, measured, unit, atMost, note }: Figure): string[] {
  const digits = Math.abs(measured) >= 100 ? 0 : 2
  const met = atMost === undefined ? '' : measured <= atMost ? 'yes' : 'NO'
  return [what, measured.toFixed(digits), unit, String(atMost ?? ''), met, note ?? '']
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** Measures a group, prints it, and writes it if asked. Returns false when it refused to. */
async function runGroup({ name, title, missing, run }: Bench, writes: boolean): Promise<boolean> {
  console.log(`\n${title}\n`)
  const lacking = missing?.()
  if (lacking !== undefined) {
    console.log(`Skipped. ${lacking}`)
    return true
  }
  const start = await waitForQuiet()
  const busy = `The load average is ${start.toFixed(2)}, above ${QUIET_LOAD}, after a wait.`
  if (writes && !isQuiet(start)) {
    console.error(`${busy} No figures of ${name} were measured or written: use a quiet machine.`)
    return false
  }
  const figures = await run()
  const end = currentLoad()
  console.log(formatTable(['figure', 'measured', '', 'at most', 'met', ''], figures.map(row)))
  console.log(`\nLoad average ${start.toFixed(2)} at the start, ${end.toFixed(2)} at the end.`)
  if (!isQuiet(start)) console.log(`${busy} Do not publish these figures.`)
  if (writes) {
    const load = { start, end }
    await publish(name, { title, date: today(), machine: machineName(), load, figures })
  }
  return true
}

const words = process.argv.slice(2)
const writes = words.includes('--write')
const chosen = chosenByName(
  BENCHES,
  words.filter((word) => word !== '--write'),
)
console.log(`${today()}, ${machineName()}`)
for (const bench of chosen) {
  if (await runGroup(bench, writes)) continue
  process.exitCode = 1
  break
}
