/** Generates objects of any number. The same seed gives the same objects on every machine. */

import type { JsonObject } from '../singer/json.ts'
import { addGeneratedDeliveries } from './deliveries/generate.ts'
import { actionEntry, exampleContents, noContents } from './examples/contents.ts'
import { addCollections } from './generate-collections.ts'
import { NEWEST_SECONDS, SUBJECTS, tags, times } from './generated-values.ts'
import type { Random } from './random.ts'
import { between, pick, seededRandom } from './random.ts'
import type { World } from './world.ts'
import { idText, makeWorld } from './world.ts'

export interface WorldOptions {
  /** @default 1 */
  seed?: number
  /** Newsletters in addition to the curated ones. @default 0 */
  newsletters?: number
  /** Campaigns in addition to the curated ones. @default 0 */
  campaigns?: number
  /** Actions per generated campaign: a number, or the least and the most. @default [0, 12] */
  actionsPerCampaign?: number | readonly [fewest: number, most: number]
  /**
   * Characters in the body of a generated action. Actions share a few hundred bodies. @default 3000
   */
  bodyBytes?: number
  /** Broadcasts in addition to the curated ones. @default 0 */
  broadcasts?: number
  /** Transactional messages in addition to the curated ones. @default 0 */
  transactional?: number
  /** Segments in addition to the curated ones. @default 0 */
  segments?: number
  /** Deliveries per day in addition to the curated ones, up to now. @default 0 */
  deliveriesPerDay?: number
  /** How many days have deliveries. @default 30 */
  days?: number
  /** Whether to include the curated objects, of which most streams have no others. @default true */
  examples?: boolean
  /** Epoch milliseconds. @default Date.now */
  now?: () => number
}

/** Generated IDs start after these, above every curated ID. */
const FIRST_IDS = { newsletter: 200_000, campaign: 1_000, action: 10_000, template: 10_000 }
const BODIES = 128

const OCCASIONS = ['Spring sale', 'Product update', 'Webinar', 'Summer offer', 'Release notes']
const MORE_OCCASIONS = ['Black Friday', 'Survey', 'Year in review', 'Invitation', 'Price change']
const AUDIENCES = [
  'all customers',
  'trial users',
  'partners',
  'VIPs',
  'Kunden in Köln',
  'équipe Paris',
]
const JOURNEYS = ['Onboarding', 'Win-back', 'Upsell', 'Renewal', 'Feedback', 'Cart recovery']
const WORDS =
  'offer product team customer today discover benefit together little story season growth journey better simple price'.split(
    ' ',
  )
const NEWSLETTER_TYPES = ['email', 'email', 'email', 'push', 'twilio', 'in_app', 'webhook', 'inbox']
const ACTION_TYPES = ['email', 'email', 'email', 'push', 'twilio', 'webhook', 'attribute_update']

function generateNewsletter(random: Random, index: number, count: number): JsonObject {
  const id = FIRST_IDS.newsletter + 1 + index
  const { created, updated } = times(random, index, count)
  const occasion = pick(random, random() < 0.5 ? OCCASIONS : MORE_OCCASIONS)
  const newsletter: JsonObject = {
    id,
    deduplicate_id: `${id}:${updated}`,
    type: pick(random, NEWSLETTER_TYPES),
    content_ids: [id * 2],
    name: `${occasion} ${index + 1} for ${pick(random, AUDIENCES)}`,
    sent_at: random() < 0.8 ? updated : null,
    created,
    updated,
    tags: tags(random),
  }
  if (random() < 0.6) newsletter['recipient_segment_ids'] = [between(random, 1, 99)]
  if (random() < 0.3) newsletter['subscription_topic_id'] = between(random, 1, 9)
  return newsletter
}

/** The fields of one documented trigger type, including `type`. */
function generateTrigger(random: Random): JsonObject {
  switch (between(random, 0, 3)) {
    case 0:
      return { type: 'segment', trigger_segment_ids: [between(random, 1, 99)] }
    case 1:
      return { type: 'form', filter_segment_ids: [between(random, 1, 99)] }
    case 2:
      return { type: 'webhook', webhook_id: between(random, 1, 9) }
    default:
      return { type: 'event', event_name: pick(random, ['purchase', 'signed_up', 'viewed']) }
  }
}

function generateCampaign(random: Random, index: number, count: number): JsonObject {
  const id = FIRST_IDS.campaign + 1 + index
  const { created, updated } = times(random, index, count)
  const state = pick(random, ['running', 'running', 'draft', 'stopped'])
  return {
    id,
    deduplicate_id: `${id}:${updated}`,
    name: `${pick(random, JOURNEYS)} ${index + 1}`,
    created,
    updated,
    active: state === 'running',
    state,
    actions: [],
    first_started: state === 'draft' ? 0 : created + 60,
    tags: tags(random),
    ...generateTrigger(random),
  }
}

function generateBody(random: Random, bytes: number): string {
  let body = '<html><body><p>Hi {{customer.first_name}},</p><p>'
  while (body.length < bytes) body += `${pick(random, WORDS)} `
  return body.slice(0, bytes)
}

interface ActionPlace {
  id: number
  campaign: JsonObject
}

function generateAction(random: Random, place: ActionPlace, bodies: readonly string[]): JsonObject {
  const created = Number(place.campaign['created'])
  const updated = created + between(random, 0, Math.min(30_000_000, NEWEST_SECONDS - created))
  const type = pick(random, ACTION_TYPES)
  const template = place.id - FIRST_IDS.action + FIRST_IDS.template + 7
  const action: JsonObject = {
    id: String(place.id),
    campaign_id: place.campaign['id'] ?? null,
    deduplicate_id: `${template}:${updated}`,
    name: pick(random, SUBJECTS),
    layout: '',
    created,
    updated,
    body: type === 'attribute_update' ? '' : pick(random, bodies),
    type,
  }
  if (type === 'attribute_update') return { ...action, language: '', editor: '', recipient: '' }
  action['sending_state'] = pick(random, ['automatic', 'automatic', 'draft', 'off'])
  if (type === 'webhook') {
    return { ...action, url: 'https://hooks.example.com/customer', headers: '[]', method: 'post' }
  }
  action['language'] = ''
  if (type === 'email') {
    action['from'] = 'hello@example.com'
    action['from_id'] = 1
    action['reply_to_id'] = null
    action['recipient'] = '{{customer.email}}'
    action['subject'] = pick(random, SUBJECTS)
  }
  return action
}

/** Creates a workspace with the curated objects and the requested number of generated ones. */
export function createWorld(options: WorldOptions = {}): World {
  const { seed = 1, newsletters = 0, campaigns = 0, bodyBytes = 3000, examples = true } = options
  const asked = options.actionsPerCampaign ?? [0, 12]
  const [fewest, most] = typeof asked === 'number' ? [asked, asked] : asked
  const contents = examples ? exampleContents() : noContents()
  const random = seededRandom(seed)
  for (let index = 0; index < newsletters; index++) {
    contents.newsletters.push(generateNewsletter(random, index, newsletters))
  }
  const bodies = Array.from({ length: campaigns > 0 ? BODIES : 0 }, () =>
    generateBody(random, bodyBytes),
  )
  let lastActionId = FIRST_IDS.action
  for (let index = 0; index < campaigns; index++) {
    const campaign = generateCampaign(random, index, campaigns)
    const actions = Array.from({ length: between(random, fewest, most) }, () =>
      generateAction(random, { id: ++lastActionId, campaign }, bodies),
    )
    contents.campaigns.push({ ...campaign, actions: actions.map(actionEntry) })
    contents.actions.set(idText(campaign['id']), actions)
  }
  const { broadcasts = 0, transactional = 0, segments = 0 } = options
  addCollections(contents, seed, { broadcasts, transactional, segments })
  const { deliveriesPerDay: perDay = 0, days = 30, now = Date.now } = options
  const until = Math.floor(now() / 1000)
  addGeneratedDeliveries(contents, { seed, perDay, days, until })
  return makeWorld(contents, now)
}
