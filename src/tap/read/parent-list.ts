/** Reads a list with pages for the sake of its child streams. */

import { printJson, type JsonObject } from '../../singer/json.ts'
import type { ListDefinition } from '../../streams/definition.ts'
import { childrenOf } from '../../streams/index.ts'
import type { ApiClient } from '../api/client.ts'
import { listPages } from './list-pages.ts'

/** Reads of a list that changes all the time. */
const MAX_READS = 5

/** The fields of a parent that its child streams need. */
function parentFieldsOf(parent: ListDefinition): ReadonlySet<string> {
  const named = childrenOf(parent).flatMap(({ parent: { childrenField, only }, ...child }) => [
    childrenField ?? 'id',
    only?.field ?? 'id',
    ...child.fingerprintFields,
  ])
  return new Set([
    'id',
    ...(parent.createdField === undefined ? [] : [parent.createdField]),
    ...named,
  ])
}

/**
 * Every parent, with the fields that its child streams need. A row that is deleted during the read
 * moves the later ones forward, so one of them can slip between two pages, and a full refresh would
 * retire its children. A list of several pages is therefore read until a read finds no new row.
 */
export async function readParents(
  client: ApiClient,
  definition: ListDefinition,
): Promise<JsonObject[]> {
  const fields = parentFieldsOf(definition)
  const parents = new Map<string, JsonObject>()
  for (let reads = 0; reads < MAX_READS; reads++) {
    const known = parents.size
    let pages = 0
    for await (const page of listPages(client, definition)) {
      pages++
      for (const raw of page) {
        const kept = Object.entries(raw).filter(([name]) => fields.has(name))
        parents.set(printJson(raw['id'] ?? null), Object.fromEntries(kept))
      }
    }
    if (pages === 1 || (reads > 0 && parents.size === known)) break
  }
  return [...parents.values()]
}
