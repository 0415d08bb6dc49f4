/** Pure: which streams are read, and how, according to the catalog and the state. */

import { isStreamSelected, replicationMethod, selectedSchema } from '../singer/catalog.ts'
import type { Catalog, CatalogEntry, ReplicationMethod } from '../singer/catalog.ts'
import type { JsonObject } from '../singer/json.ts'
import type { JsonSchema } from '../singer/messages.ts'
import { bookmarkOf, type Bookmark, type StateDocument } from '../singer/state.ts'
import type { StreamDefinition } from '../streams/definition.ts'
import { STREAMS } from '../streams/index.ts'

export interface StreamPlan {
  definition: StreamDefinition
  method: ReplicationMethod
  /** The catalog's schema, all properties. */
  fullSchema: JsonSchema
  /** Its selected part, for SCHEMA and RECORD; the same object if nothing is deselected. */
  schema: JsonSchema
  bookmark: Bookmark
}

function planOf(
  definition: StreamDefinition,
  entry: CatalogEntry,
  state: StateDocument,
): StreamPlan {
  const { keyProperties, replicationKey } = definition
  const always = replicationKey === undefined ? keyProperties : [...keyProperties, replicationKey]
  const properties = entry.schema['properties']
  const fullSchema: JsonObject = properties === undefined ? definition.schema : entry.schema
  return {
    definition,
    method: replicationMethod(entry, definition),
    fullSchema,
    schema: selectedSchema({ ...entry, schema: fullSchema }, always),
    bookmark: bookmarkOf(state, definition.id, replicationKey),
  }
}

/** The selected streams in the tap's order. Throws CATALOG_INVALID and STATE_INVALID. */
export function planStreams(catalog: Catalog, state: StateDocument): StreamPlan[] {
  return STREAMS.flatMap((definition) => {
    const entry = catalog.streams.find(({ tap_stream_id: id }) => id === definition.id)
    return entry && isStreamSelected(entry) ? [planOf(definition, entry, state)] : []
  })
}

/** Ids of the catalog that are not streams of this tap. */
export function unknownStreams(catalog: Catalog): string[] {
  const known = new Set(STREAMS.map(({ id }) => id))
  return catalog.streams.map(({ tap_stream_id: id }) => id).filter((id) => !known.has(id))
}
