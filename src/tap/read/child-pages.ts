/** Prefetches the children of each parent, in ascending parent id, as far as memory allows. */

import { isJsonObject, printJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { ParentId } from '../../singer/state.ts'
import type { ChildrenDefinition } from '../../streams/definition.ts'
import { pagesOf } from '../api/pages.ts'
import type { SyncContext } from '../context.ts'
import { isInRange, sortParents, type ParentRange, type ParentRow } from './parent-order.ts'
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
export function childPath(definition: ChildrenDefinition, parentId: ParentId): string {
  return definition.path.replace('{parent}', printJson(parentId))
}

/** The same id may be an integer in one list and a string in another. */
export function idText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined
}

/** Ids of the children that the parent names; it need not name all. */
function namedChildren({ raw }: ParentRow, { parent }: ChildrenDefinition): string[] {
  const named = parent.childrenField === undefined ? undefined : raw[parent.childrenField]
  const items = Array.isArray(named) ? named : []
  return items
    .map((item) => idText(isJsonObject(item) ? item['id'] : item))
    .filter((id) => id !== undefined)
}

/** The child with its parent's id. */
export function childOf(
  { parent: { idField } }: ChildrenDefinition,
  parentId: ParentId,
  raw: JsonObject,
): JsonObject {
  return { ...raw, [idField]: raw[idField] ?? parentId }
}

/**
 * The parent's children. A row that is deleted during the read moves the later ones forward, so one
 * of them can slip between two pages. If a child that the parent names is missing, the pages are
 * therefore read again.
 */
async function* pagesOfParent(
  context: SyncContext,
  definition: ChildrenDefinition,
  parent: ParentRow,
): AsyncGenerator<JsonObject[]> {
  const request = { ...definition, path: childPath(definition, parent.id), isPrefetch: true }
  const missing = new Set(namedChildren(parent, definition))
  for (let round = 0; round < 2; round++) {
    let pages = 0
    for await (const page of pagesOf(context.client, request)) {
      pages++
      for (const child of page) missing.delete(idText(child['id']) ?? '')
      yield page.map((raw) => childOf(definition, parent.id, raw))
    }
    if (pages <= 1 || missing.size === 0) return
  }
}

function stringChars(value: JsonValue): number {
  return typeof value === 'string' ? value.length : 0
}

/** Approximate size of a page, in characters. */
export function charsOf(page: readonly JsonObject[]): number {
  const sizes = page.map((raw) =>
    Object.values(raw).reduce<number>((sum, value) => sum + stringChars(value), 0),
  )
  return sizes.reduce((sum, size) => sum + size + OBJECT_CHARS, 0)
}

export interface ChildPages {
  item: ParentRow
  pages: AsyncGenerator<JsonObject[]>
}

/** The parents of a range, whose children are being read. */
export interface ChildPass {
  definition: ChildrenDefinition
  range: ParentRange
  parents: AsyncGenerator<ChildPages>
}

function isRead(raw: JsonObject, { parent: { only } }: ChildrenDefinition): boolean {
  const value = only && raw[only.field]
  return value === undefined || value === null || value === only?.is
}

async function* childPages(
  context: SyncContext,
  definition: ChildrenDefinition,
  range: ParentRange,
): AsyncGenerator<ChildPages> {
  const list = await context.parentsOf(definition)
  const parents = sortParents(list, definition.parent.stream).filter(
    ({ id, raw }) => isInRange(id, range) && isRead(raw, definition),
  )
  const wanted = Math.ceil(context.config.requests_per_second * LISTS_PER_REQUEST)
  yield* readAhead(parents, (parent) => pagesOfParent(context, definition, parent), {
    lists: Math.min(wanted, MAX_LISTS),
    sizeOf: charsOf,
  })
}

/** Starts to read the children now, while other streams are still being written. */
export function startPass(
  context: SyncContext,
  definition: ChildrenDefinition,
  range: ParentRange,
): ChildPass {
  return { definition, range, parents: eager(childPages(context, definition, range)) }
}
