/** Prefetches the action lists of campaigns, in ascending campaign id, as far as memory allows. */

import { isJsonObject, printJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { parentOf, type StreamDefinition } from '../../streams/index.ts'
import { pagesOf } from '../api/pages.ts'
import type { SyncContext } from '../context.ts'
import {
  isInRange,
  sortCampaigns,
  type Campaign,
  type CampaignId,
  type CampaignRange,
} from './campaign-order.ts'
import { eager, readAhead } from './read-ahead.ts'

/**
 * Lists that are read at the same time, for each request per second: enough to keep the pace while
 * the slowest list delays those after it.
 */
const LISTS_PER_REQUEST = 4
/** Limits memory for a high rate limit: each list that is read may hold a page beyond the limit. */
const MAX_LISTS = 100
/** Estimated size of an object without its strings, in characters. */
const OBJECT_CHARS = 500

/** Path of the list of one parent's children. */
export function childPath(definition: StreamDefinition, parentId: CampaignId): string {
  return definition.path.replace('{campaign_id}', printJson(parentId))
}

/** Ids are integers in the campaign list and strings in the actions. */
export function idText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined
}

/** Ids of the actions that the campaign list names; it need not name all. */
function listedActions(campaign: Campaign): string[] {
  const actions = campaign.raw['actions']
  const items = Array.isArray(actions) ? actions.filter(isJsonObject) : []
  return items.map((item) => idText(item['id'])).filter((id) => id !== undefined)
}

/**
 * The campaign's actions. A row that is deleted during the read moves the later ones forward, so
 * one of them can slip between two pages. If an action that the campaign list names is missing, the
 * pages are therefore read again.
 */
async function* actionPages(
  context: SyncContext,
  definition: StreamDefinition,
  campaign: Campaign,
): AsyncGenerator<JsonObject[]> {
  const { dataKey, query } = definition
  const request = { path: childPath(definition, campaign.id), dataKey, query, isPrefetch: true }
  const missing = new Set(listedActions(campaign))
  for (let round = 0; round < 2; round++) {
    let pages = 0
    for await (const page of pagesOf(context.client, request)) {
      pages++
      for (const action of page) missing.delete(idText(action['id']) ?? '')
      yield page.map((action) => ({ ...action, campaign_id: action['campaign_id'] ?? campaign.id }))
    }
    if (pages <= 1 || missing.size === 0) return
  }
}

function stringChars(value: JsonValue): number {
  return typeof value === 'string' ? value.length : 0
}

function sizeOf(page: readonly JsonObject[]): number {
  const sizes = page.map((raw) =>
    Object.values(raw).reduce<number>((sum, value) => sum + stringChars(value), 0),
  )
  return sizes.reduce((sum, size) => sum + size + OBJECT_CHARS, 0)
}

export interface CampaignPages {
  item: Campaign
  pages: AsyncGenerator<JsonObject[]>
}

/** The campaigns of a range, whose lists are being read. */
export interface CampaignPass {
  range: CampaignRange
  campaigns: AsyncGenerator<CampaignPages>
}

async function* campaignPages(
  context: SyncContext,
  definition: StreamDefinition,
  range: CampaignRange,
): AsyncGenerator<CampaignPages> {
  const list = await context.sharedList(parentOf(definition))
  const campaigns = sortCampaigns(list).filter(({ id }) => isInRange(id, range))
  const wanted = Math.ceil(context.config.requests_per_second * LISTS_PER_REQUEST)
  yield* readAhead(campaigns, (campaign) => actionPages(context, definition, campaign), {
    lists: Math.min(wanted, MAX_LISTS),
    sizeOf,
  })
}

/** Starts to read the actions now, while other streams are still being written. */
export function startPass(
  context: SyncContext,
  definition: StreamDefinition,
  range: CampaignRange,
): CampaignPass {
  return { range, campaigns: eager(campaignPages(context, definition, range)) }
}
