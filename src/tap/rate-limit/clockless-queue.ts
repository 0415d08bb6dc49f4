/**
 * A Bottleneck that does not read the clock. Bottleneck measures the gap between two starts with
 * `Date.now`: if the clock is set back by an hour, it starts nothing for an hour
 * (https://github.com/SGrondin/bottleneck/issues/229). Here it only keeps order and concurrency.
 */

import Bottleneck from 'bottleneck'

/**
 * Runs jobs with a lower priority number first, then in the order of the calls. Do not use
 * time-based settings of Bottleneck with it.
 */
export function clocklessQueue(maxConcurrent: number): Bottleneck {
  const queue = new Bottleneck({ maxConcurrent })
  const store: unknown = Reflect.get(queue, '_store')
  if (typeof store !== 'object' || store === null)
    throw new TypeError('Bottleneck has no local store: this workaround supports version 2.19.5.')
  // The earliest time of the next start, which Bottleneck sets to the current time at each start.
  Object.defineProperty(store, '_nextRequest', { get: () => 0, set: () => undefined })
  return queue
}
