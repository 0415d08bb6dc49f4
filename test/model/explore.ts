/**
 * Many random sequences, several at a time: most of their time is spent in the pauses between
 * tries.
 */

import fc from 'fast-check'
import { NOTHING_PLAYED, type Played } from './played.ts'
import { play } from './play.ts'
import { aSequence } from './steps.ts'

/** Sequences of one block, which is repeated by its seed. */
const BLOCK = 5
const MAX_BLOCK_MS = 600_000

export interface Explored extends Played {
  sequences: number
  /**
   * One text for each block that failed: its seed, the smallest sequence found, and what it broke.
   */
  failures: string[]
}

export interface ExploreOptions {
  sequences: number
  seed: number
  /** Blocks at the same time. @default 20 */
  workers?: number
  onBlock?: (explored: Explored) => void
}

async function exploreBlock(seed: number, explored: Explored): Promise<void> {
  const property = fc.asyncProperty(aSequence, async (sequence) => {
    const played = await play(sequence)
    explored.sequences++
    for (const [name, count] of Object.entries(played)) {
      explored[name as keyof Played] += count as number
    }
  })
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: BLOCK,
    interruptAfterTimeLimit: MAX_BLOCK_MS,
  })
  if (!failed || counterexample === null) return // nothing was found in the time that there was
  explored.failures.push(
    `seed ${seed}: ${String(errorInstance)}: ${JSON.stringify(counterexample?.[0])}`,
  )
}

export async function explore(options: ExploreOptions): Promise<Explored> {
  const { sequences, workers = 20 } = options
  const explored: Explored = {
    sequences: 0,
    ...NOTHING_PLAYED,
    failures: [],
  }
  let next = 0
  const work = async () => {
    while (next * BLOCK < sequences && explored.failures.length < 3) {
      await exploreBlock(options.seed + next++, explored)
      options.onBlock?.(explored)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return explored
}
