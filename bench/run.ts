/**
 * `npm run bench [-- NAME...]`: measures and prints one table per group. The figures in the docs
 * come from here. Fails when a name is unknown.
 */

import { cpus, totalmem } from 'node:os'
import { formatTable } from '../src/terminal/table.ts'
import { chosenByName } from '../test/support/chosen-by-name.ts'
import { BATCH_SIZE } from './batch-size.ts'
import type { Bench, Figure } from './bench.ts'
import { DISCOVER } from './discover.ts'
import { HISTORY } from './history.ts'
import { MEMORY } from './memory.ts'
import { NEWSLETTERS } from './newsletters.ts'
import { PEERS } from './peers.ts'
import { RATE } from './rate.ts'
import { RESUME } from './resume.ts'
import { RUNNER } from './runner.ts'
import { START } from './start.ts'
import { TARGET_DUCKDB } from './target-duckdb.ts'
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
  ...BATCH_SIZE,
  ...PEERS,
  HISTORY,
  START,
  RUNNER,
]

function row({ what, measured, unit, atMost, note }: Figure): string[] {
  const digits = Math.abs(measured) >= 100 ? 0 : 2
  const met = atMost === undefined ? '' : measured <= atMost ? 'yes' : 'NO'
  return [what, measured.toFixed(digits), unit, String(atMost ?? ''), met, note ?? '']
}

const chosen = chosenByName(BENCHES, process.argv.slice(2))
const gigabytes = Math.round(totalmem() / 1024 ** 3)
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${gigabytes} GiB`,
)
for (const { title, run } of chosen) {
  const figures = await run()
  console.log(`\n${title}\n`)
  console.log(formatTable(['figure', 'measured', '', 'at most', 'met', ''], figures.map(row)))
}
