/**
 * Long fault campaigns: what the tests do a few times, many thousand times, with figures at the
 * end.
 */

export interface CampaignOptions {
  /** 1 for the whole campaign, less for a part of it, more for a night: `CAMPAIGN_SCALE`. */
  scale: number
  /**
   * Where a random campaign begins: `CAMPAIGN_SEED`, else a fresh one; printed, so that a failure
   * can be repeated.
   */
  seed: number
  /** Says how far it is. */
  say: (line: string) => void
}

/** What came of it. `failures` holds one sentence each, with all that is needed to repeat it. */
export interface Outcome {
  /** Counts and figures in the order in which they are to be printed. */
  figures: Record<string, number | string>
  failures: string[]
}

/** Add it to the list in `run.ts`. */
export interface Campaign {
  /** Word by which `npm run campaign -- word` picks it. */
  name: string
  title: string
  run: (options: CampaignOptions) => Promise<Outcome>
}
