/**
 * Queues runs that conflict: two runs with a key in common (an API key with its rate limit, a
 * warehouse with one writer) run one after the other, first come, first served.
 *
 * Own code: libraries for queues limit a count or one key, and these runs hold several keys at
 * once.
 */

/** Limits the runs at a time, whatever their keys are. Each run is two processes. */
const MAX_CONCURRENT_RUNS = 4

interface WaitingRun {
  keys: readonly string[]
  takesSlot: boolean
  begin: () => void
}

/** A run whose file may change while it waits. */
export interface QueuedWork {
  /** The keys when it enters the queue. */
  keys: readonly string[]
  /** The keys now. */
  currentKeys: () => Promise<readonly string[]>
  /** Ends the wait. */
  signal: AbortSignal
}

export class RunQueue {
  readonly #maxRuns: number
  readonly #heldKeys = new Set<string>()
  #runningCount = 0
  #waiting: WaitingRun[] = []

  constructor(maxRuns = MAX_CONCURRENT_RUNS) {
    this.#maxRuns = maxRuns
  }

  /**
   * Calls `work` as soon as all keys are free and a slot is left. Throws the signal's reason when
   * it is aborted before that.
   */
  async run<T>(keys: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#wait({ keys, takesSlot: true }, signal)
    try {
      return await work()
    } finally {
      this.#runningCount--
      this.#release(keys)
    }
  }

  /** Like `run`, for work that is no run: it takes the keys and no slot. */
  async runWithoutSlot<T>(
    keys: readonly string[],
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    await this.#wait({ keys, takesSlot: false }, signal)
    try {
      return await work()
    } finally {
      this.#release(keys)
    }
  }

  /**
   * Calls `work` at once, without a slot of the runs, while no run takes the keys. Returns false,
   * without a call, when a run holds or waits for one of them.
   */
  async runNow(keys: readonly string[], work: () => Promise<void>): Promise<boolean> {
    const isTaken = (key: string) =>
      this.#heldKeys.has(key) || this.#waiting.some((waiting) => waiting.keys.includes(key))
    if (keys.some(isTaken)) return false
    for (const key of keys) this.#heldKeys.add(key)
    try {
      await work()
      return true
    } finally {
      this.#release(keys)
    }
  }

  /**
   * Like `run`, for keys that may change during the wait: then it waits again, for the new ones.
   * Throws what `currentKeys` throws, too.
   */
  async runInTurn<T>(queued: QueuedWork, work: () => Promise<T>): Promise<T> {
    const { currentKeys, signal } = queued
    let { keys } = queued
    for (;;) {
      const done = await this.run(keys, signal, async () => {
        const current = await currentKeys()
        if (current.every((key) => keys.includes(key))) return { result: await work() }
        keys = current
        return undefined
      })
      if (done) return done.result
    }
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) this.#heldKeys.delete(key)
    this.#beginNext()
  }

  async #wait(wanted: Omit<WaitingRun, 'begin'>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== entry)
        reject(signal.reason as Error)
        this.#beginNext()
      }
      const entry = {
        ...wanted,
        begin: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(entry)
      this.#beginNext()
    })
  }

  /** A run never overtakes an earlier one that waits for the same key. */
  #beginNext(): void {
    const unavailable = new Set(this.#heldKeys)
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) {
      const hasSlot = !entry.takesSlot || this.#runningCount < this.#maxRuns
      const canBegin = hasSlot && !entry.keys.some((key) => unavailable.has(key))
      for (const key of entry.keys) unavailable.add(key)
      if (!canBegin) {
        this.#waiting.push(entry)
        continue
      }
      for (const key of entry.keys) this.#heldKeys.add(key)
      if (entry.takesSlot) this.#runningCount++
      entry.begin()
    }
  }
}
