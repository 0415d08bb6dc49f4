/**
 * The clock of the servers. It is set forward and back, but never lags further behind what it once
 * was than the lookback reaches.
 */

export class ServersClock {
  readonly #maxLagMs: number
  nowMs: number
  /** The latest that it ever was. */
  latestMs: number
  /** How far it was ever set back. */
  lagMs = 0
  /** Between which times the run is. */
  span: { lowMs: number; highMs: number }

  constructor(beginMs: number, options: { lookbackSeconds: number }) {
    this.#maxLagMs = options.lookbackSeconds * 1000
    this.nowMs = beginMs
    this.latestMs = beginMs
    this.span = { lowMs: beginMs, highMs: beginMs }
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
