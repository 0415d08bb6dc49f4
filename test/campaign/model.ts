import { explore } from '../model/explore.ts'
import type { Campaign } from './campaign.ts'

const SEQUENCES = 10_000

export const MODEL: Campaign = {
  name: 'model',
  title:
    'The tap against a model: random settings, edits, faults, kills, clock changes, runs and state merges',
  run: async ({ scale, seed, say }) => {
    const sequences = Math.ceil(SEQUENCES * scale)
    const { failures, ...figures } = await explore({
      sequences,
      seed,
      onBlock: (explored) => {
        if (explored.sequences % 500 < 5) say(`${explored.sequences} of ${sequences} sequences`)
      },
    })
    const count = (kind: string) => failures.filter((text) => text.includes(`${kind}: `)).length
    return {
      figures: {
        ...figures,
        lost: count('lost'),
        stale: count('stale'),
        'too old': count('too old'),
      },
      failures,
    }
  },
}
