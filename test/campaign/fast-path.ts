/** Generated and mutated records, read from their bytes and as messages: the cells must be the same. */

import { exploreChanges, exploreRecords } from '../loader/fast-path/explore.ts'
import type { Campaign, Outcome } from './campaign.ts'

const SCHEMAS = 20_000
const CHANGED_LINES = 40_000

export const DIRECT: Campaign = {
  name: 'direct',
  title: 'Records read from their bytes have the same cells as records read as messages',
  run: async ({ scale, seed }): Promise<Outcome> => {
    const [schemas, lines] = [Math.ceil(SCHEMAS * scale), Math.ceil(CHANGED_LINES * scale)]
    const failures: string[] = []
    const figures: Record<string, number> = { schemas, changed_lines: lines }
    try {
      const whole = await exploreRecords({ numRuns: schemas, seed })
      figures['records'] = whole.added
      figures['read_from_bytes'] = whole.direct
      const changed = await exploreChanges({ numRuns: lines, seed })
      figures['changed_but_valid'] = changed.added
      figures['changed_read_from_bytes'] = changed.direct
    } catch (error) {
      failures.push((error as Error).message)
    }
    return { figures, failures }
  },
}
