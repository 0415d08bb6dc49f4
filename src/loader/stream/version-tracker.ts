/** Decides when an ACTIVATE_VERSION takes effect, from the versions of the records before it. */

/** `defer`: decide when the input has ended. */
export type Activation = 'apply' | 'defer' | 'ignore'

/**
 * A tap that sends ACTIVATE_VERSION before the rows of that version may fail before it sends them.
 * So a version that no record has is deferred until the input has ended successfully.
 */
export class VersionTracker {
  readonly #versions = new Set<number>()
  #hasUnversioned = false
  #recordCount = 0
  /** STATE messages that came before the last record. */
  #statesBeforeLast = 0
  #deferred: number | undefined

  /** @param stateCount STATE messages read so far, of all streams. */
  noteRecord(version: number | undefined, stateCount: number): void {
    this.#recordCount++
    this.#statesBeforeLast = stateCount
    if (version === undefined) this.#hasUnversioned = true
    else this.#versions.add(version)
  }

  /** A record without a version could be of any version, so nothing may be retired. */
  activate(version: number): Activation {
    if (this.#hasUnversioned) return 'ignore'
    if (this.#versions.has(version)) {
      this.#deferred = undefined
      return 'apply'
    }
    this.#deferred = version
    return 'defer'
  }

  /**
   * What to do about the deferred version when the input has ended; undefined if there is none.
   * A tap that wrote STATE messages, but none after the last record of the stream, stopped in the
   * middle of the stream. Then rows may be missing, and nothing may be retired.
   */
  finish(stateCount: number): { version: number; activation: Activation } | undefined {
    if (this.#deferred === undefined) return undefined
    const isCutOff =
      this.#recordCount > 0 && stateCount > 0 && stateCount === this.#statesBeforeLast
    return { version: this.#deferred, activation: isCutOff ? 'ignore' : 'apply' }
  }
}
