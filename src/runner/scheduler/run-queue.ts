/** Runs that share something (an API key with its rate ceiling, a warehouse that takes one writer) take turns, first come first served. */

/** So many runs are under way at once, whatever they share: each is two processes. */
const MAX_CONCURRENT_RUNS = 4

interface Waiting {
  names: readonly string[]
  begin: () => void
}

export class RunQueue {
  readonly #most: number
  readonly #taken = new Set<string>()
  #underWay = 0
  #queue: Waiting[] = []

  constructor(most = MAX_CONCURRENT_RUNS) {
    this.#most = most
  }

  /** Does the work when nobody else holds one of the names. Throws the signal's reason when it is aborted before that. */
  async take<T>(names: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#wait(names, signal)
    try {
      return await work()
    } finally {
      for (const name of names) this.#taken.delete(name)
      this.#underWay--
      this.#beginNext()
    }
  }

  async #wait(names: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue = this.#queue.filter((waiting) => waiting !== entry)
        reject(signal.reason as Error)
        this.#beginNext()
      }
      const entry = {
        names,
        begin: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(entry)
      this.#beginNext()
    })
  }

  /** Nobody overtakes one who waits for the same thing. */
  #beginNext(): void {
    const wanted = new Set(this.#taken)
    const waiting = this.#queue
    this.#queue = []
    for (const entry of waiting) {
      const isFree = this.#underWay < this.#most && !entry.names.some((name) => wanted.has(name))
      for (const name of entry.names) wanted.add(name)
      if (!isFree) {
        this.#queue.push(entry)
        continue
      }
      for (const name of entry.names) this.#taken.add(name)
      this.#underWay++
      entry.begin()
    }
  }
}
