/**
 * Rows that follow from the rest of the workspace, so that a workspace of any size has them. Pure:
 * the same workspace gives the same rows.
 */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { ChildId } from './streams.ts'
import type { World } from './world.ts'
import { idText } from './world.ts'

/** Between the counts of two neighbouring segments. */
const COUNT_STEP = 7919
const MOST_PEOPLE = 20_000
const LANGUAGES = ['', 'de', 'fr', 'es']

function listed(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** Fields of a content that only emails have. */
function emailFields(name: string): JsonObject {
  return {
    subject: `${name}, {{customer.first_name}}`,
    body_plain: `${name}. Read it in your browser.`,
    body_amp: '',
    preheader_text: '',
    from: 'hello@example.com',
    from_id: 1,
    reply_to: '',
    reply_to_id: null,
    preprocessor: 'none',
    recipient: '{{customer.email}}',
    cc: '',
    bcc: '',
    fake_bcc: true,
    headers: '[]',
  }
}

function contentOf(newsletter: JsonObject, id: JsonValue, position: number): JsonObject {
  const { id: newsletter_id = null, created = null, type = null } = newsletter
  const name = idText(newsletter['name'])
  return {
    id,
    newsletter_id,
    deduplicate_id: `${idText(id)}:${idText(created)}`,
    name: position === 0 ? '' : `Variant ${position}`,
    type,
    body: `<p>${name}: hello {{customer.first_name}}</p>`,
    layout: '',
    language: LANGUAGES[position % LANGUAGES.length] ?? '',
    test_group_id: 0,
    created,
    updated: created,
    ...(type === 'email' && emailFields(name)),
  }
}

interface Usage {
  revision: number
  length: number
  /** By segment ID. */
  rows: Map<string, JsonObject>
}

type UsedBy = 'campaigns' | 'sent_newsletters' | 'draft_newsletters'

/** The usage of all segments of each workspace. Collected again only after an edit. */
const USAGES = new WeakMap<World, Usage>()

function* uses({ campaigns, newsletters }: World): Iterable<[JsonValue, UsedBy, JsonObject]> {
  for (const campaign of campaigns) {
    const fields = [campaign['trigger_segment_ids'], campaign['filter_segment_ids']]
    for (const segment of new Set(fields.flatMap(listed))) yield [segment, 'campaigns', campaign]
  }
  for (const newsletter of newsletters) {
    const usedBy = newsletter['sent_at'] ? 'sent_newsletters' : 'draft_newsletters'
    for (const segment of new Set(listed(newsletter['recipient_segment_ids']))) {
      yield [segment, usedBy, newsletter]
    }
  }
}

function collectUsage(world: World): Map<string, JsonObject> {
  const found = new Map<string, Record<UsedBy, JsonValue[]>>()
  for (const [segment, usedBy, object] of uses(world)) {
    const id = idText(segment)
    const row = found.get(id) ?? { campaigns: [], sent_newsletters: [], draft_newsletters: [] }
    row[usedBy].push(object['id'] ?? null)
    found.set(id, row)
  }
  return found
}

/** Which campaigns and newsletters name the segment. */
function usageOf(world: World, segment: JsonObject): JsonObject {
  const { revision } = world
  const length = world.campaigns.length + world.newsletters.length
  let usage = USAGES.get(world)
  if (usage?.revision !== revision || usage.length !== length) {
    usage = { revision, length, rows: collectUsage(world) }
    USAGES.set(world, usage)
  }
  const unused = { campaigns: [], sent_newsletters: [], draft_newsletters: [] }
  return usage.rows.get(idText(segment['id'])) ?? unused
}

/** The rows of a parent without an entry. Undefined where the API then has no such parent. */
export function derivedRows(
  world: World,
  stream: ChildId,
  parent: JsonObject,
): JsonObject[] | undefined {
  switch (stream) {
    case 'campaign_actions':
      return undefined
    case 'newsletter_contents':
      return listed(parent['content_ids']).map((id, at) => contentOf(parent, id, at))
    case 'segment_usage':
      return [usageOf(world, parent)]
    case 'segment_counts':
      return [{ count: (Number(idText(parent['id'])) * COUNT_STEP) % MOST_PEOPLE }]
    case 'broadcast_actions':
    case 'broadcast_triggers':
    case 'transactional_contents':
      return []
  }
}
