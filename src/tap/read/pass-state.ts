/** Pure: which campaigns a pass found, and which ones the next read must take whole. */

import type { AppError } from '../../errors.ts'
import { compareIds, isInRange, type CampaignId, type CampaignRange } from './campaign-order.ts'

/**
 * A campaign without a list of actions (404) is missing. All of its actions are new once it is
 * found.
 */
export interface PassState {
  /** Missing in earlier reads, and not part of this pass. */
  readonly carriedIds: readonly CampaignId[]
  /** Missing in earlier reads, and part of this pass. */
  readonly dueIds: readonly CampaignId[]
  /** Missing in this pass. */
  readonly missingIds: readonly CampaignId[]
  /** The 404 of the last missing campaign. */
  readonly notFound?: AppError
  /** This pass, or an earlier one of the run, found a campaign. */
  readonly hasFound: boolean
}

export function startPassState(
  unreadCampaigns: readonly CampaignId[],
  range: CampaignRange,
  hasFound: boolean,
): PassState {
  return {
    carriedIds: unreadCampaigns.filter((id) => !isInRange(id, range)),
    dueIds: unreadCampaigns.filter((id) => isInRange(id, range)),
    missingIds: [],
    hasFound,
  }
}

/** True if an earlier read missed the campaign, so that all of its actions are written. */
export function isDue({ dueIds }: PassState, id: CampaignId): boolean {
  return dueIds.some((dueId) => compareIds(dueId, id) === 0)
}

export function withFound(state: PassState): PassState {
  return { ...state, hasFound: true }
}

export function withMissing(state: PassState, id: CampaignId, notFound: AppError): PassState {
  return { ...state, missingIds: [...state.missingIds, id], notFound }
}

/**
 * The campaigns that a later read must take whole, once the pass has completed the campaign `id`.
 */
export function unreadAfter(state: PassState, id: CampaignId): CampaignId[] {
  return [...unreadAtEnd(state), ...state.dueIds.filter((dueId) => compareIds(dueId, id) > 0)]
}

/** The campaigns that the next read must take whole, once the pass is complete. */
export function unreadAtEnd({ carriedIds, missingIds }: PassState): CampaignId[] {
  return [...carriedIds, ...missingIds]
}

/** The 404 if every campaign was missing: then the path is wrong, not every campaign deleted. */
export function allMissingError({ notFound, hasFound }: PassState): AppError | undefined {
  return hasFound ? undefined : notFound
}
