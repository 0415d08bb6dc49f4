/** The pages of a list stream. */

import type { JsonObject } from '../../singer/json.ts'
import type { ListDefinition, Part } from '../../streams/definition.ts'
import type { ApiClient } from '../api/client.ts'
import { pagesOf } from '../api/pages.ts'

/** A row without the field belongs to every part, so that none is lost. */
function isTaken(raw: JsonObject, { takes }: Part): boolean {
  return raw[takes.field] !== !takes.is
}

/** The pages in order; those of one part after those of another. */
export async function* listPages(
  client: ApiClient,
  definition: ListDefinition,
): AsyncGenerator<JsonObject[]> {
  const { parts, query } = definition
  if (parts === undefined) {
    yield* pagesOf(client, definition)
    return
  }
  for (const part of parts) {
    const request = { ...definition, query: { ...query, ...part.query } }
    for await (const page of pagesOf(client, request)) {
      yield page.filter((raw) => isTaken(raw, part))
    }
  }
}
