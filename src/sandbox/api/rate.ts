/** The rate limit of the workspace. Rejected requests do not count. */

export interface RateSettings {
  /** Requests accepted in any rolling second. Infinity turns the limit off. @default 10 */
  perSecond: number
  /** `Retry-After` of a 429. Null omits the header, as for a daily quota. @default '1' */
  retryAfter: string | null
}

export const DEFAULT_RATE: RateSettings = { perSecond: 10, retryAfter: '1' }

/**
 * Whether a request that arrives at this time (monotonic milliseconds) is accepted. Remembers
 * accepted ones.
 */
export type RateLimit = (arrivedMs: number) => boolean

/** A rolling window of one second. Follows changes of the settings. */
export function rollingLimit(settings: RateSettings): RateLimit {
  let accepted: number[] = []
  return (arrivedMs) => {
    if (settings.perSecond === Number.POSITIVE_INFINITY) return true
    const isRecent = (at: number): boolean => at > arrivedMs - 1000
    accepted = accepted.filter(isRecent)
    if (accepted.length >= settings.perSecond) return false
    accepted.push(arrivedMs)
    return true
  }
}
