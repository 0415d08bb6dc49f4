/** The order in which the parents of a child stream are visited: ascending id, each once. */

import { AppError } from '../../errors.ts'
import { JsonNumber, printJson, type JsonObject } from '../../singer/json.ts'
import type { ParentId } from '../../singer/state.ts'

export interface ParentRow {
  id: ParentId
  raw: JsonObject
}

/** The parents after an id, or those up to one; all if neither is set. */
export interface ParentRange {
  after?: ParentId
  upTo?: ParentId
}

function idOf(raw: JsonObject, stream: string): ParentId {
  const id = raw['id']
  const text = typeof id === 'string' ? id : printJson(id ?? null)
  if (!/^-?\d+$/.test(text)) {
    throw new AppError('BAD_RESPONSE', `A row of ${stream} has no usable \`id\`.`)
  }
  return Number.isSafeInteger(Number(text)) ? Number(text) : new JsonNumber(text)
}

/** Negative, 0 or positive, as for sorting. */
export function compareIds(a: ParentId, b: ParentId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const difference = BigInt(printJson(a)) - BigInt(printJson(b))
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

export function isInRange(id: ParentId, { after, upTo }: ParentRange): boolean {
  if (after !== undefined && compareIds(id, after) <= 0) return false
  return upTo === undefined || compareIds(id, upTo) <= 0
}

/**
 * Parents by ascending id, each once. Throws BAD_RESPONSE for one without a usable id.
 * @param stream for the error
 */
export function sortParents(list: readonly JsonObject[], stream: string): ParentRow[] {
  const sorted = list
    .map((raw) => ({ id: idOf(raw, stream), raw }))
    .toSorted((a, b) => compareIds(a.id, b.id))
  return sorted.filter((parent, at) => {
    const next = sorted[at + 1]
    return next === undefined || compareIds(parent.id, next.id) !== 0
  })
}
