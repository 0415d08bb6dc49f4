/** Builds the Singer catalog from the stream definitions. */

import type { Catalog, CatalogEntry, MetadataEntry } from '../singer/catalog.ts'
import { isJsonObject, type JsonObject } from '../singer/json.ts'
import type { StreamDefinition } from '../streams/definition.ts'
import { chosenStreams, type StreamChoice } from '../streams/choice.ts'

function propertyMetadata({ keyProperties, ...stream }: StreamDefinition): MetadataEntry[] {
  const { properties } = stream.schema
  const isAutomatic = (name: string) =>
    keyProperties.includes(name) || name === stream.replicationKey
  return Object.keys(isJsonObject(properties) ? properties : {}).map((name) => ({
    breadcrumb: ['properties', name],
    metadata: isAutomatic(name)
      ? { inclusion: 'automatic' }
      : { inclusion: 'available', 'selected-by-default': true },
  }))
}

/** What a stream contains, for streams that nobody gets without asking for them. */
function consentMetadata({ tier, isPersonal }: StreamDefinition): JsonObject {
  return tier === 'core'
    ? {}
    : { 'tap-customerio.tier': tier, 'tap-customerio.personal-data': isPersonal === true }
}

function replicationMetadata({ methods, replicationKey }: StreamDefinition): JsonObject {
  const [method] = methods
  return {
    ...(replicationKey !== undefined && {
      'valid-replication-keys': [replicationKey],
      'replication-key': replicationKey,
    }),
    ...(methods.length === 1
      ? { 'forced-replication-method': method }
      : { 'replication-method': method }),
  }
}

function streamMetadata(stream: StreamDefinition, isSelected: boolean): JsonObject {
  return {
    inclusion: 'available',
    'selected-by-default': isSelected,
    'table-key-properties': [...stream.keyProperties],
    ...replicationMetadata(stream),
    ...consentMetadata(stream),
  }
}

/**
 * The catalog of the chosen streams. Needs no network and no key; the same choice always gives the
 * same catalog.
 */
export function discover(choice: StreamChoice = 'core'): Catalog {
  const streams = chosenStreams(choice).map(({ definition, isNamed }): CatalogEntry => {
    const { id, keyProperties, schema } = definition
    const isSelected = isNamed || definition.tier === 'core'
    const metadata = [
      { breadcrumb: [], metadata: streamMetadata(definition, isSelected) },
      ...propertyMetadata(definition),
    ]
    return { tap_stream_id: id, stream: id, key_properties: [...keyProperties], schema, metadata }
  })
  return { streams }
}
