/**
 * `npm run campaign [-- NAME...]`: runs campaigns one after another and prints their figures. Exits
 * with status 1 after a failure, or when a name is unknown.
 */

import { cpus, totalmem } from 'node:os'
import { stopServer } from '../conformance/support/postgres.ts'
import { chosenByName } from '../support/chosen-by-name.ts'
import { ANSWERS_CAMPAIGN } from './answers.ts'
import type { Campaign } from './campaign.ts'
import { CRON } from './cron.ts'
import { FAST_PATH } from './fast-path.ts'
import { FUZZ } from './fuzz.ts'
import { KILLS } from './kills.ts'
import { MESSAGES } from './messages.ts'
import { MODEL } from './model.ts'
import { RUNNER } from './runner.ts'
import { TAP_KILLS } from './tap-kills.ts'

const CAMPAIGNS: readonly Campaign[] = [
  ANSWERS_CAMPAIGN,
  CRON,
  FUZZ,
  FAST_PATH,
  KILLS,
  MESSAGES,
  MODEL,
  RUNNER,
  TAP_KILLS,
]

const say = (line: string) => console.error(`  ${line}`)
const scale = Number(process.env['CAMPAIGN_SCALE'] ?? 1)
const seed = Number(process.env['CAMPAIGN_SEED'] ?? Date.now() % 2 ** 31)
const gigabytes = Math.round(totalmem() / 1024 ** 3)
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores, ${gigabytes} GiB, scale ${scale}, seed ${seed}`,
)
try {
  for (const campaign of chosenByName(CAMPAIGNS, process.argv.slice(2))) {
    console.log(`\n${campaign.title}`)
    const began = performance.now()
    const { figures, failures } = await campaign.run({ scale, seed, say })
    const seconds = Math.round((performance.now() - began) / 1000)
    for (const [what, value] of Object.entries({
      ...figures,
      seconds,
      failures: failures.length,
    })) {
      console.log(`  ${what}: ${value}`)
    }
    for (const failure of failures) console.log(`  FAILED ${failure}`)
    if (failures.length > 0) process.exitCode = 1
  }
} finally {
  await stopServer()
}
