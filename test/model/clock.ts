/**
 * The clock of the servers. It moves forward and back, but its lag behind its latest time never
 * exceeds the lookback.
 */

export class ServersClock {
  readonly #maxLagMs: number
  nowMs: number
  /** The latest time so far. */
  latestMs: number
  /** The largest lag so far. */
  lagMs = 0
  /** Earliest and latest time during the run. */
  span: { lowMs: number; highMs: number }

  constructor(startMs: number, options: { lookbackSeconds: number }) {
    this.#maxLagMs = options.lookbackSeconds * 1000
    this.nowMs = startMs
    this.latestMs = startMs
    this.span = { lowMs: startMs, highMs: startMs }
  }

  pass(seconds: number): void {
    this.nowMs = Math.max(this.latestMs - this.#maxLagMs, this.nowMs + seconds * 1000)
    this.latestMs = Math.max(this.latestMs, this.nowMs)
    this.lagMs = Math.max(this.lagMs, this.latestMs - this.nowMs)
    this.span.lowMs = Math.min(this.span.lowMs, this.nowMs)
    this.span.highMs = Math.max(this.span.highMs, this.nowMs)
  }

  beginRun(): void {
    this.span = { lowMs: this.nowMs, highMs: this.nowMs }
  }
}
