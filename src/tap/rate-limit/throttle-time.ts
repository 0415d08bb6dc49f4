/** Measures how long a run is throttled: requests wait for the rate limit and none is in flight. */
export class ThrottleTime {
  readonly #now: () => number
  #waiting = 0
  #inFlight = 0
  #since: number | undefined
  #endedMs = 0

  /** @param now monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get totalMs(): number {
    return this.#endedMs + (this.#since === undefined ? 0 : this.#now() - this.#since)
  }

  /**
   * A request starts to wait. Call the returned function when it ends; further calls have no
   * effect.
   */
  wait(): () => void {
    return this.#enter({ waiting: 1, inFlight: 0 })
  }

  /** A request is sent. Call the returned function when it ends; further calls have no effect. */
  work(): () => void {
    return this.#enter({ waiting: 0, inFlight: 1 })
  }

  #enter(change: { waiting: number; inFlight: number }): () => void {
    let isIn = true
    this.#change(change)
    return () => {
      if (isIn) this.#change({ waiting: -change.waiting, inFlight: -change.inFlight })
      isIn = false
    }
  }

  #change({ waiting, inFlight }: { waiting: number; inFlight: number }): void {
    this.#waiting += waiting
    this.#inFlight += inFlight
    const isThrottled = this.#waiting > 0 && this.#inFlight === 0
    if (isThrottled) this.#since ??= this.#now()
    else if (this.#since !== undefined) {
      this.#endedMs += this.#now() - this.#since
      this.#since = undefined
    }
  }
}
