/** Pure: which parents a pass found, and which ones the next read must take whole. */

import type { AppError } from '../../errors.ts'
import type { ParentId } from '../../singer/state.ts'
import { compareIds, isInRange, type ParentRange } from './parent-order.ts'

/**
 * A parent without a list of children (404) is missing. All of its children are new once it is
 * found.
 */
export interface PassState {
  /** Missing in earlier reads, and not part of this pass. */
  readonly carriedIds: readonly ParentId[]
  /** Missing in earlier reads, and part of this pass. */
  readonly dueIds: readonly ParentId[]
  /** Missing in this pass. */
  readonly missingIds: readonly ParentId[]
  /** The 404 of the last missing parent. */
  readonly notFound?: AppError
  /** This pass, or an earlier one of the run, found a parent. */
  readonly hasFound: boolean
}

export function startPassState(
  unreadParents: readonly ParentId[],
  range: ParentRange,
  hasFound: boolean,
): PassState {
  return {
    carriedIds: unreadParents.filter((id) => !isInRange(id, range)),
    dueIds: unreadParents.filter((id) => isInRange(id, range)),
    missingIds: [],
    hasFound,
  }
}

/** True if an earlier read missed the parent, so that all of its children are written. */
export function isDue({ dueIds }: PassState, id: ParentId): boolean {
  return dueIds.some((dueId) => compareIds(dueId, id) === 0)
}

export function withFound(state: PassState): PassState {
  return { ...state, hasFound: true }
}

export function withMissing(state: PassState, id: ParentId, notFound: AppError): PassState {
  return { ...state, missingIds: [...state.missingIds, id], notFound }
}

/**
 * The parents that a later read must take whole, once the pass has completed the parent `id`.
 */
export function unreadAfter(state: PassState, id: ParentId): ParentId[] {
  return [...unreadAtEnd(state), ...state.dueIds.filter((dueId) => compareIds(dueId, id) > 0)]
}

/** The parents that the next read must take whole, once the pass is complete. */
export function unreadAtEnd({ carriedIds, missingIds }: PassState): ParentId[] {
  return [...carriedIds, ...missingIds]
}

/** The 404 if every parent was missing: then the path is wrong, not every parent deleted. */
export function allMissingError({ notFound, hasFound }: PassState): AppError | undefined {
  return hasFound ? undefined : notFound
}
