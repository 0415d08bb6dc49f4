/** Plays many random sequences, several at a time: most of their time is spent between retries. */

import fc from 'fast-check'
import { play } from './play.ts'
import { NO_STATS, type PlayStats } from './stats.ts'
import { aSequence } from './steps/steps.ts'

/** Sequences per block. A seed repeats a whole block. */
const BLOCK = 5
const MAX_BLOCK_MS = 600_000

export interface Explored extends PlayStats {
  sequences: number
  /** For each failed block: its seed, its violations and the smallest sequence that has them. */
  failures: string[]
}

export interface ExploreOptions {
  sequences: number
  seed: number
  /** Blocks that are played at the same time. @default 20 */
  workers?: number
  onBlock?: (explored: Explored) => void
}

async function exploreBlock(seed: number, explored: Explored): Promise<void> {
  const property = fc.asyncProperty(aSequence, async (sequence) => {
    const stats = await play(sequence)
    explored.sequences++
    for (const [name, count] of Object.entries(stats)) {
      explored[name as keyof PlayStats] += count as number
    }
  })
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: BLOCK,
    interruptAfterTimeLimit: MAX_BLOCK_MS,
  })
  if (!failed || counterexample === null) return
  explored.failures.push(
    `seed ${seed}: ${String(errorInstance)}: ${JSON.stringify(counterexample?.[0])}`,
  )
}

export async function explore(options: ExploreOptions): Promise<Explored> {
  const { sequences, workers = 20 } = options
  const explored: Explored = {
    sequences: 0,
    ...NO_STATS,
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
