import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { countMessages, killAtEach, type Method } from '../e2e/support/tap-kills.ts'
import type { Campaign } from './campaign.ts'

/** About 170 messages with either replication method. */
const WORLD = {
  newsletters: 40,
  campaigns: 25,
  actionsPerCampaign: [0, 6],
  examples: false,
} as const

export const TAP_KILLS: Campaign = {
  name: 'tap-kills',
  title: 'SIGKILL of the tap at every message, then another run',
  run: async ({ scale, seed, say }) => {
    const failures: string[] = []
    let kills = 0
    for (const method of ['INCREMENTAL', 'FULL_TABLE'] satisfies Method[]) {
      const sandbox = await startSandbox({
        rate: { perSecond: Number.POSITIVE_INFINITY },
        world: { ...WORLD, seed },
        paging: { newsletterMaxLimit: 15, actionLimit: 3 },
      })
      const folder = await mkdtemp(join(tmpdir(), 'campaign-'))
      try {
        const killing = { sandbox, folder, method }
        const messages = await countMessages(killing)
        const step = Math.max(1, Math.round(1 / scale))
        const positions = Array.from({ length: messages + 1 }, (_, at) => at)
        const chosen = positions.filter((at) => at % step === 0)
        const onKill = () => {
          if (++kills % 50 === 0) say(`${kills} kills`)
        }
        failures.push(...(await killAtEach(killing, chosen, onKill)))
      } finally {
        await sandbox.close()
        await rm(folder, { recursive: true, force: true })
      }
    }
    return { figures: { kills, lost: failures.length }, failures }
  },
}
