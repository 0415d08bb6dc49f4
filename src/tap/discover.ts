/** Builds the Singer catalog from the stream definitions. */

import type { Catalog, CatalogEntry, MetadataEntry } from '../singer/catalog.ts'
import { isJsonObject, type JsonObject } from '../singer/json.ts'
import { STREAMS, type StreamDefinition } from '../streams/index.ts'

function propertyMetadata(stream: StreamDefinition): MetadataEntry[] {
  const automatic = new Set([...stream.keyProperties, stream.replicationKey])
  const properties = stream.schema['properties']
  return Object.keys(isJsonObject(properties) ? properties : {}).map((name) => ({
    breadcrumb: ['properties', name],
    metadata: automatic.has(name)
      ? { inclusion: 'automatic' }
      : { inclusion: 'available', 'selected-by-default': true },
  }))
}

function streamMetadata(stream: StreamDefinition): JsonObject {
  return {
    inclusion: 'available',
    'selected-by-default': true,
    'table-key-properties': [...stream.keyProperties],
    'valid-replication-keys': [stream.replicationKey],
    'replication-key': stream.replicationKey,
    'replication-method': 'INCREMENTAL',
  }
}

function entryOf(stream: StreamDefinition): CatalogEntry {
  return {
    tap_stream_id: stream.id,
    stream: stream.id,
    key_properties: [...stream.keyProperties],
    schema: stream.schema,
    metadata: [{ breadcrumb: [], metadata: streamMetadata(stream) }, ...propertyMetadata(stream)],
  }
}

/** The catalog of all streams. Needs no network and no key; the result is always the same. */
export function discover(): Catalog {
  return { streams: STREAMS.map(entryOf) }
}
