/**
 * Compares the fast path with the slow path over generated lines. Throws at the first difference,
 * with its seed.
 */

import * as fc from 'fast-check'
import { EVERY_OPTIONS, loadBothPaths, schemaMessage, type PathCounts } from './both-paths.ts'
import { changedLine, linesAndSchema, schemaOf } from './generated-lines.ts'

export interface ExploreOptions {
  numRuns: number
  seed?: number
}

const options = fc.constantFrom(...EVERY_OPTIONS)

export async function exploreRecords(parameters: ExploreOptions): Promise<PathCounts> {
  const sum: PathCounts = { fast: 0, added: 0 }
  await fc.assert(
    fc.asyncProperty(linesAndSchema, options, async ({ properties, isKeyed, lines }, how) => {
      const schema = schemaMessage(schemaOf(properties), isKeyed ? properties.slice(0, 1) : [])
      const { fast, added } = await loadBothPaths(schema, lines, how)
      sum.fast += fast
      sum.added += added
    }),
    parameters,
  )
  return sum
}

/** Lines with changed bytes: most of them are no longer JSON. */
export async function exploreChanges(parameters: ExploreOptions): Promise<PathCounts> {
  const sum: PathCounts = { fast: 0, added: 0 }
  await fc.assert(
    fc.asyncProperty(changedLine, options, async ({ properties, bytes }, how) => {
      const { fast, added } = await loadBothPaths(schemaMessage(schemaOf(properties)), [bytes], how)
      sum.fast += fast
      sum.added += added
    }),
    parameters,
  )
  return sum
}
