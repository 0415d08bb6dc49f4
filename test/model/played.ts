/** What sequences came to, in numbers. */

export interface Played {
  runs: number
  complete: number
  /** Requests that a fault answered. */
  faults: number
  kills: number
  /** Runs that the deletion guard ended. */
  refused: number
  requests: number
  edits: number
}

export const NOTHING_PLAYED: Readonly<Played> = {
  runs: 0,
  complete: 0,
  faults: 0,
  kills: 0,
  refused: 0,
  requests: 0,
  edits: 0,
}
