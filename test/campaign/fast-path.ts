/** Loads generated and mutated records on the fast path and the slow path. Cells must match. */

import { exploreChanges, exploreRecords } from '../loader/fast-path/explore.ts'
import type { Campaign, Outcome } from './campaign.ts'

const SCHEMAS = 20_000
const CHANGED_LINES = 40_000

export const FAST_PATH: Campaign = {
  name: 'fast-path',
  title: 'The fast path writes the same cells as the slow path',
  run: async ({ scale, seed }): Promise<Outcome> => {
    const [schemas, lines] = [Math.ceil(SCHEMAS * scale), Math.ceil(CHANGED_LINES * scale)]
    const failures: string[] = []
    const figures: Record<string, number> = { schemas, changed_lines: lines }
    try {
      const whole = await exploreRecords({ numRuns: schemas, seed })
      figures['records'] = whole.added
      figures['fast_path'] = whole.fast
      const changed = await exploreChanges({ numRuns: lines, seed })
      figures['changed_but_valid'] = changed.added
      figures['changed_fast_path'] = changed.fast
    } catch (error) {
      failures.push((error as Error).message)
    }
    return { figures, failures }
  },
}
