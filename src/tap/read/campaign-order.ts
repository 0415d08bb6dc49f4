/** The order in which campaigns are visited: ascending id, each once. */

import { AppError } from '../../errors.ts'
import { JsonNumber, printJson, type JsonObject } from '../../singer/json.ts'

export type CampaignId = number | JsonNumber

export interface Campaign {
  id: CampaignId
  raw: JsonObject
}

/** The campaigns after an id, or those up to one; all if neither is set. */
export interface CampaignRange {
  after?: CampaignId
  upTo?: CampaignId
}

function idOf(raw: JsonObject): CampaignId {
  const id = raw['id']
  const text = typeof id === 'string' ? id : printJson(id ?? null)
  if (!/^-?\d+$/.test(text)) {
    throw new AppError('BAD_RESPONSE', 'A campaign in the list has no usable `id`.')
  }
  return Number.isSafeInteger(Number(text)) ? Number(text) : new JsonNumber(text)
}

/** Negative, 0 or positive, as for sorting. */
export function compareIds(a: CampaignId, b: CampaignId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const difference = BigInt(printJson(a)) - BigInt(printJson(b))
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

export function isInRange(id: CampaignId, { after, upTo }: CampaignRange): boolean {
  if (after !== undefined && compareIds(id, after) <= 0) return false
  return upTo === undefined || compareIds(id, upTo) <= 0
}

/** Campaigns by ascending id, each once. Throws BAD_RESPONSE for one without a usable id. */
export function sortCampaigns(list: readonly JsonObject[]): Campaign[] {
  const sorted = list
    .map((raw) => ({ id: idOf(raw), raw }))
    .toSorted((a, b) => compareIds(a.id, b.id))
  return sorted.filter((campaign, at) => {
    const next = sorted[at + 1]
    return next === undefined || compareIds(campaign.id, next.id) !== 0
  })
}
