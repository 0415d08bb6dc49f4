/** Waiting for input that may never come: until it does, a time has passed, or the run is to stop. */

/** Waits for one thing at a time. */
export class IdleWait {
  #wake: () => void = () => undefined
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => this.#wake()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * The promise's value, or `idle` when `waitMs` have passed or the signal was aborted first. The promise may be given again.
   * @param waitMs undefined: as long as it takes.
   */
  async wait<T>(promise: Promise<T>, waitMs: number | undefined): Promise<T | 'idle'> {
    if (this.#signal.aborted) return 'idle'
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<T | 'idle'>((resolve, reject) => {
        this.#wake = () => resolve('idle')
        if (waitMs !== undefined) timer = setTimeout(this.#wake, Math.max(0, waitMs))
        promise.then(resolve, reject)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
