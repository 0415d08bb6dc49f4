/** Generates broadcasts, transactional messages and segments, with their child rows. */

import type { JsonObject } from '../singer/json.ts'
import type { AllContents } from './examples/contents.ts'
import { actionEntry } from './examples/contents.ts'
import { SUBJECTS, tags, times, timesAt } from './generated-values.ts'
import type { Random } from './random.ts'
import { between, pick, seededRandom } from './random.ts'
import { idText } from './world.ts'

export interface CollectionCounts {
  broadcasts: number
  transactional: number
  segments: number
}

/** Generated IDs start after these, above every other ID. Segments take the free IDs from 1. */
const FIRST_IDS = {
  broadcast: 500_000,
  action: 5_000_000,
  transactional: 1_000,
  content: 3_000_000,
}
/** Keeps these values apart from those of newsletters and campaigns with the same seed. */
const SEED_OFFSET = 0x5eed
const MOST_ACTIONS = 12
const MOST_TRIGGERS = 4
const GROUPS = ['Trial users', 'Buyers', 'Visitors', 'Kundinnen', 'Partners']

/** A list of up to `most` rows. */
function several<T>(random: Random, most: number, make: (index: number) => T): T[] {
  return Array.from({ length: between(random, 0, most) }, (_, index) => make(index))
}

function generateAction(random: Random, broadcast: JsonObject, id: number): JsonObject {
  const created = Number(broadcast['created'])
  const updated = created + between(random, 0, 1_000_000)
  return {
    id,
    broadcast_id: broadcast['id'] ?? null,
    deduplicate_id: `${id + 7}:${updated}`,
    name: pick(random, SUBJECTS),
    layout: '',
    created,
    updated,
    body: '<p>Hi {{customer.first_name}}</p>',
    type: pick(random, ['email', 'push', 'twilio']),
    sending_state: 'automatic',
    language: '',
    recipient: '{{customer.email}}',
  }
}

function addBroadcasts(contents: AllContents, random: Random, count: number): void {
  let lastActionId = FIRST_IDS.action
  for (let index = 0; index < count; index++) {
    const id = FIRST_IDS.broadcast + 1 + index
    const { created, updated } = times(random, index, count)
    const isDraft = random() < 0.2
    const broadcast: JsonObject = {
      id,
      deduplicate_id: `${id}:${updated}`,
      name: `Notice ${index + 1}`,
      type: 'triggered_broadcast',
      created,
      updated,
      active: !isDraft,
      state: isDraft ? 'draft' : 'running',
      actions: [],
      first_started: isDraft ? 0 : created + 60,
      tags: tags(random),
    }
    const actions = several(random, MOST_ACTIONS, () =>
      generateAction(random, broadcast, ++lastActionId),
    )
    const triggers = several(random, isDraft ? 0 : MOST_TRIGGERS, (at): JsonObject => {
      const created_at = created + 3600 * (at + 1)
      return { id: at + 1, broadcast_id: id, created_at, processed_at: created_at + 3 }
    })
    contents.collections.broadcasts.push({ ...broadcast, actions: actions.map(actionEntry) })
    contents.children.broadcast_actions.set(String(id), actions)
    contents.children.broadcast_triggers.set(String(id), triggers)
  }
}

function addTransactional(contents: AllContents, random: Random, count: number): void {
  let lastContentId = FIRST_IDS.content
  for (let index = 0; index < count; index++) {
    const id = FIRST_IDS.transactional + 1 + index
    const message: JsonObject = {
      id,
      name: `Receipt ${index + 1}`,
      description: '',
      send_to_unsubscribed: random() < 0.5,
      link_tracking: true,
      open_tracking: true,
      hide_message_body: random() < 0.5,
      queue_drafts: false,
      ...timesAt(random, index, count),
    }
    const created = message['created_at'] ?? null
    const rows = several(random, 3, (at): JsonObject => ({
      id: ++lastContentId,
      deduplicate_id: `${lastContentId}:${idText(created)}`,
      name: null,
      type: 'email',
      subject: pick(random, SUBJECTS),
      body: '<p>Thank you, {{customer.first_name}}</p>',
      language: at === 0 ? null : 'de',
      layout: null,
      recipient: '{{customer.email}}',
      created,
      updated: created,
    }))
    contents.collections.transactional_messages.push(message)
    contents.children.transactional_contents.set(String(id), rows)
  }
}

function addSegments(contents: AllContents, random: Random, count: number): void {
  const { segments } = contents.collections
  const taken = new Set(segments.map((segment) => idText(segment['id'])))
  for (let index = 0, id = 1; index < count; id++) {
    if (taken.has(String(id))) continue
    const name = `${pick(random, GROUPS)} ${id}`
    const stamps = timesAt(random, index, count)
    segments.push({
      id,
      deduplicate_id: `${id}:${idText(stamps['updated_at'])}`,
      name,
      description: '',
      state: 'finished',
      progress: null,
      type: random() < 0.8 ? 'dynamic' : 'manual',
      tags: tags(random),
      ...stamps,
    })
    index++
  }
}

/** Adds as many objects as requested. Each kind has its own sequence of random values. */
export function addCollections(
  contents: AllContents,
  seed: number,
  counts: CollectionCounts,
): void {
  addBroadcasts(contents, seededRandom(seed + SEED_OFFSET), counts.broadcasts)
  addTransactional(contents, seededRandom(seed + 2 * SEED_OFFSET), counts.transactional)
  addSegments(contents, seededRandom(seed + 3 * SEED_OFFSET), counts.segments)
}
