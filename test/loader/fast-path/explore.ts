/** The two ways of reading records, compared over generated lines. Each throws at the first difference, with the seed that leads to it. */

import * as fc from 'fast-check'
import { EVERY_OPTIONS, readBothWays, schemaMessage, type BothWays } from './both-paths.ts'
import { changedLine, linesAndSchema, schemaOf } from './generated-lines.ts'

export interface ExploreOptions {
  numRuns: number
  seed?: number
}

const options = fc.constantFrom(...EVERY_OPTIONS)

export async function exploreRecords(parameters: ExploreOptions): Promise<BothWays> {
  const sum: BothWays = { direct: 0, added: 0 }
  await fc.assert(
    fc.asyncProperty(linesAndSchema, options, async ({ properties, isKeyed, lines }, how) => {
      const schema = schemaMessage(schemaOf(properties), isKeyed ? properties.slice(0, 1) : [])
      const { direct, added } = await readBothWays(schema, lines, how)
      sum.direct += direct
      sum.added += added
    }),
    parameters,
  )
  return sum
}

/** Lines with changed bytes, most of them no JSON any more. */
export async function exploreChanges(parameters: ExploreOptions): Promise<BothWays> {
  const sum: BothWays = { direct: 0, added: 0 }
  await fc.assert(
    fc.asyncProperty(changedLine, options, async ({ properties, bytes }, how) => {
      const { direct, added } = await readBothWays(
        schemaMessage(schemaOf(properties)),
        [bytes],
        how,
      )
      sum.direct += direct
      sum.added += added
    }),
    parameters,
  )
  return sum
}
