/** Plays a random sequence against its own sandbox. */

import { createWorld } from '../../src/sandbox/generate.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { ServersClock } from './clock.ts'
import { inProcess, type Runner } from './runners.ts'
import { Play } from './sequence.ts'
import type { PlayStats } from './stats.ts'
import type { Sequence } from './steps/steps.ts'

const START_MS = 1_800_000_000_000

/** Throws an Error that names the rows that were lost, stale or kept, and the wrong states. */
export async function play(sequence: Sequence, runner: Runner = inProcess): Promise<PlayStats> {
  const clock = new ServersClock(START_MS, sequence)
  const { seed, newsletters, campaigns, pageSize, hasTrailingPage } = sequence
  const world = createWorld({
    seed,
    newsletters,
    campaigns,
    examples: false,
    actionsPerCampaign: [0, 9],
    bodyBytes: 20,
    now: () => clock.nowMs,
  })
  const sandbox = await startSandbox({
    world,
    rate: { perSecond: Number.POSITIVE_INFINITY },
    paging: { newsletterMaxLimit: pageSize, actionLimit: pageSize, hasTrailingPage },
  })
  const playing = new Play(sequence, sandbox, { runner, clock })
  try {
    await playing.play()
    return playing.stats
  } finally {
    await sandbox.close()
  }
}
