/** The workspace's budget of requests. Rejected requests do not use it up. */

export interface RateSettings {
  /** Requests that are answered in any rolling second; Infinity turns the limit off. @default 10 */
  perSecond: number
  /** `Retry-After` of a 429; null leaves it out, as on a daily quota. @default '1' */
  retryAfter: string | null
}

export const DEFAULT_RATE: RateSettings = { perSecond: 10, retryAfter: '1' }

/** Says for each arrival (monotonic milliseconds) whether it lies within the budget, and remembers those that do. */
export type RateLimit = (arrivedMs: number) => boolean

/** A rolling window of a second, in the given settings' present size. */
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
