/** Hashes passwords one after the other: each takes 32 MiB and a core. */

/** More attempts than this do not wait, so that nobody can fill the queue for hours. */
const MAX_WAITING = 10

export class HashQueue {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Whether the next attempt must come later. */
  get isFull(): boolean {
    return this.#waiting >= MAX_WAITING
  }

  /** Hashes when its turn comes. */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    this.#waiting++
    const turn = this.#last.catch(() => undefined).then(hash)
    this.#last = turn
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }
}
