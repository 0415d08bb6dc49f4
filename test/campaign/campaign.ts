/**
 * Long campaigns: they repeat what the tests do thousands of times and report figures at the end.
 */

export interface CampaignOptions {
  /** `CAMPAIGN_SCALE`: 1 runs the full campaign, less a part of it, more a longer one. */
  scale: number
  /**
   * `CAMPAIGN_SEED`, by default a new one. It is printed, so that a failure can be reproduced.
   */
  seed: number
  /** Reports progress. */
  say: (line: string) => void
}

/** `failures` has one sentence per failure, with everything needed to reproduce it. */
export interface Outcome {
  /** Counts and figures, in the order in which they are printed. */
  figures: Record<string, number | string>
  failures: string[]
}

/** A campaign. Add new ones to the list in `run.ts`. */
export interface Campaign {
  /** Selects it in `npm run campaign -- NAME`. */
  name: string
  title: string
  run: (options: CampaignOptions) => Promise<Outcome>
}
