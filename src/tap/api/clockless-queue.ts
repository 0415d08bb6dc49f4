/**
 * A Bottleneck that reads no clock. Bottleneck measures the gap between two starts by `Date.now`: when the clock is set back by an hour,
 * it starts nothing for an hour (https://github.com/SGrondin/bottleneck/issues/229). Here it keeps the order and the concurrency only.
 */

import Bottleneck from 'bottleneck'

/** Work that waits for its turn: lower priorities first, then in the order of the calls. No setting of it may depend on time. */
export function clocklessQueue(maxConcurrent: number): Bottleneck {
  const queue = new Bottleneck({ maxConcurrent })
  const store: unknown = Reflect.get(queue, '_store')
  if (typeof store !== 'object' || store === null)
    throw new TypeError('Bottleneck has no local store; this file fits its version 2.19.5.')
  // The earliest time of the next start. It is set to the current time at each start.
  Object.defineProperty(store, '_nextRequest', { get: () => 0, set: () => undefined })
  return queue
}
