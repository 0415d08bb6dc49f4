/** Time in which requests wait for the ceiling while none is under way: what a sync loses to the ceiling itself. */
export class ThrottleTime {
  readonly #now: () => number
  #waiting = 0
  #working = 0
  #since: number | undefined
  #endedMs = 0

  /** @param now monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get totalMs(): number {
    return this.#endedMs + (this.#since === undefined ? 0 : this.#now() - this.#since)
  }

  /** A request began to wait; the returned function, called once or more, ends that. */
  wait(): () => void {
    return this.#enter({ waiting: 1, working: 0 })
  }

  /** A request is under way; the returned function, called once or more, ends that. */
  work(): () => void {
    return this.#enter({ waiting: 0, working: 1 })
  }

  #enter(change: { waiting: number; working: number }): () => void {
    let isIn = true
    this.#change(change)
    return () => {
      if (isIn) this.#change({ waiting: -change.waiting, working: -change.working })
      isIn = false
    }
  }

  #change({ waiting, working }: { waiting: number; working: number }): void {
    this.#waiting += waiting
    this.#working += working
    const isStill = this.#waiting > 0 && this.#working === 0
    if (isStill) this.#since ??= this.#now()
    else if (this.#since !== undefined) {
      this.#endedMs += this.#now() - this.#since
      this.#since = undefined
    }
  }
}
