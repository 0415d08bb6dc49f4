import { killRuns } from '../e2e/support/runner-kills.ts'
import type { Campaign } from './campaign.ts'

const ROUNDS = 200

function at(sorted: readonly number[], share: number): string {
  return `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`
}

export const RUNNER: Campaign = {
  name: 'runner',
  title: 'SIGKILL of the runner, its tap or its target at random moments, then another run',
  run: async ({ scale, seed, say }) => {
    const rounds = Math.max(1, Math.round(ROUNDS * scale))
    const { hits, missed, orphanMs, failures } = await killRuns({ rounds, seed }, (round) => {
      if (round % 10 === 0) say(`${round} of ${rounds} rounds`)
    })
    const sorted = orphanMs.toSorted((a, b) => a - b)
    return {
      figures: {
        rounds,
        'runner killed': hits['customerio-sync'],
        'tap killed': hits['tap-customerio'],
        'target killed': hits['target-warehouse'],
        'already ended before the kill': missed,
        'last child ended after, median': at(sorted, 0.5),
        'last child ended after, maximum': at(sorted, 1),
      },
      failures,
    }
  },
}
