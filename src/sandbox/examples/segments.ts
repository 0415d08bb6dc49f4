import type { JsonObject } from '../../singer/json.ts'

/** The example of the documentation. Its `deduplicate_id` names another segment. */
const documented: JsonObject = {
  id: 7,
  deduplicate_id: '15:1492548073',
  name: 'Manual Segment 1',
  description: 'My first manual segment',
  state: 'events',
  progress: null,
  type: 'manual',
  tags: null,
  created_at: 1552341937,
  updated_at: 1552341937,
}

function dynamic(id: number, name: string): JsonObject {
  return {
    id,
    deduplicate_id: `${id}:${1730000000 + id}`,
    name,
    description: `${name}, kept up to date by Customer.io.`,
    state: 'finished',
    progress: null,
    type: 'dynamic',
    tags: ['Lifecycle'],
    created_at: 1710000000 + id,
    updated_at: 1730000000 + id,
  }
}

/**
 * The documented segment, those that the curated campaigns and newsletters name, one that is being
 * built, and one that nothing uses.
 */
export const exampleSegments: readonly JsonObject[] = [
  documented,
  {
    ...dynamic(21, 'Paying customers'),
    conditions: { and: [{ attribute: { field: 'plan', operator: 'eq', value: 'paid' } }] },
  },
  { ...dynamic(42, 'Kundinnen in Köln – 東京 🎯'), tags: [], conditions: null },
  { ...dynamic(90, 'Trial users'), description: '' },
  { ...dynamic(99, 'Product updates'), tags: null, description: null },
  { ...dynamic(100, 'Visited the price list'), state: 'build', progress: 37 },
  { ...dynamic(101, ''), state: 'finished', matching_speed: { seconds: 1.5 } },
]

/** Counts by segment. The others have those of `derived.ts`. */
export const exampleSegmentCounts: Readonly<Record<string, readonly JsonObject[]>> = {
  7: [{ count: 3 }],
  21: [{ count: 12_408 }],
  42: [{ count: 977 }],
  90: [{ count: 2_311 }],
  99: [{ count: 19_870 }],
  100: [{ count: 4_100 }],
  101: [{ count: 0 }],
}
