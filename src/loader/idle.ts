/** Waits for input with a timeout. An abort ends the wait at once. */

/** Waits for one promise at a time. Registers one abort listener for all waits of a run. */
export class IdleWait {
  #wake: () => void = () => undefined
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => this.#wake()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * Returns the promise's value, or `idle` if `waitMs` pass or the signal is aborted first.
   * The same promise may be awaited again.
   * @param waitMs undefined for no limit.
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

  /** Removes the abort listener. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
