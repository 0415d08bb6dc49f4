/** Values that generated objects of every kind have in common. */

import type { JsonObject } from '../singer/json.ts'
import type { Random } from './random.ts'
import { pick } from './random.ts'

/** Generated objects are created between 2020 and mid-2026 in ID order, and updated after that. */
const OLDEST_SECONDS = 1_577_836_800
const CREATED_SPAN_SECONDS = 205_000_000
export const NEWEST_SECONDS = 1_790_000_000

export const SUBJECTS = [
  'Welcome aboard, {{customer.first_name}}!',
  'Your cart misses you',
  'Three things you may have missed',
  'Only today: 20 % off',
  'How did we do?',
  'Ihre Bestellung ist unterwegs',
  '🎉 You have reached a new level',
]
const TAGS = ['Sale', 'Product', 'Lifecycle', 'EMEA', 'Test', 'Q4']

export function tags(random: Random): string[] {
  return random() < 0.5 ? [] : [pick(random, TAGS)]
}

/**
 * When object `index` of `count` was created and last updated. Update order differs from creation
 * order.
 */
export function times(
  random: Random,
  index: number,
  count: number,
): { created: number; updated: number } {
  const created = OLDEST_SECONDS + Math.floor((index / count) * CREATED_SPAN_SECONDS)
  const span = Math.min(50_000_000, NEWEST_SECONDS - created)
  const updated = created + Math.floor(random() ** 4 * span)
  return { created, updated }
}

/** The same times, under the names that later endpoints of Customer.io use. */
export function timesAt(random: Random, index: number, count: number): JsonObject {
  const { created, updated } = times(random, index, count)
  return { created_at: created, updated_at: updated }
}
