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

function namesSegment(object: JsonObject, fields: readonly string[], id: string): boolean {
  return fields.some((field) => listed(object[field]).some((one) => idText(one) === id))
}

function idsOf(objects: readonly JsonObject[]): JsonValue[] {
  return objects.map((object) => object['id'] ?? null)
}

/** Which campaigns and newsletters name the segment. */
function usageOf(world: World, segment: JsonObject): JsonObject {
  const id = idText(segment['id'])
  const inCampaigns = ['trigger_segment_ids', 'filter_segment_ids']
  const newsletters = world.newsletters.filter((one) =>
    namesSegment(one, ['recipient_segment_ids'], id),
  )
  return {
    campaigns: idsOf(world.campaigns.filter((one) => namesSegment(one, inCampaigns, id))),
    sent_newsletters: idsOf(newsletters.filter((one) => Boolean(one['sent_at']))),
    draft_newsletters: idsOf(newsletters.filter((one) => !one['sent_at'])),
  }
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
