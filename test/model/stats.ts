/** Statistics of played sequences. */

export interface PlayStats {
  runs: number
  complete: number
  /** Requests that met an injected fault. */
  faults: number
  kills: number
  /** Runs that the deletion guard refused. */
  refused: number
  requests: number
  edits: number
}

export const NO_STATS: Readonly<PlayStats> = {
  runs: 0,
  complete: 0,
  faults: 0,
  kills: 0,
  refused: 0,
  requests: 0,
  edits: 0,
}
