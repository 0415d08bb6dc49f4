/** Where a first sync starts. The tap reads from there, and a dry run shows it. */

import { MIN_EPOCH_MS, parseEpochMs } from '../rfc3339.ts'
import type { TapConfig } from '../schemas.generated.ts'
import { DAY_MS, SECOND_MS } from '../time.ts'

/**
 * The later of `start_date` and `cutoff_days` before the start of the sync, in epoch milliseconds.
 * Undefined when neither is set: then everything is read.
 */
export function configuredStart(
  config: Pick<TapConfig, 'start_date' | 'cutoff_days'>,
  startedAtMs: number,
): number | undefined {
  // The API's times are whole seconds: an edit in the second in which the sync starts must pass.
  const startedAtSecond = Math.floor(startedAtMs / SECOND_MS) * SECOND_MS
  const starts = [
    config.start_date === undefined ? undefined : parseEpochMs(config.start_date),
    config.cutoff_days === undefined ? undefined : startedAtSecond - config.cutoff_days * DAY_MS,
  ].filter((start) => start !== undefined)
  return starts.length === 0 ? undefined : Math.max(MIN_EPOCH_MS, ...starts)
}
