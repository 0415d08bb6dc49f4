/** Plays a random sequence against its own sandbox. */

import { createWorld } from '../../src/sandbox/generate.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { ServersClock } from './clock.ts'
import type { Played } from './played.ts'
import { inProcess, type Runner } from './runners.ts'
import { Play } from './sequence.ts'
import type { Sequence } from './steps.ts'

const BEGIN_MS = 1_800_000_000_000

/**
 * Plays the sequence to its end; throws an Error that says what was lost, stale, kept or reported
 * too early.
 */
export async function play(sequence: Sequence, runner: Runner = inProcess): Promise<Played> {
  const clock = new ServersClock(BEGIN_MS, sequence)
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
    return playing.played
  } finally {
    await sandbox.close()
  }
}
