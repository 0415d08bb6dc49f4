/** The Singer catalog: what a tap offers, and what the user chose of it. */

import { AppError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { JsonSchema } from './messages.ts'

export interface MetadataEntry {
  /** `[]` is the stream, `["properties", "a"]` a property, `["properties", "a", "properties", "b"]` a nested one. */
  breadcrumb: string[]
  metadata: JsonObject
}

export interface CatalogEntry {
  tap_stream_id: string
  stream: string
  schema: JsonSchema
  /** Never empty. Absent in catalogs that say nothing of selection: then everything is selected. */
  metadata?: MetadataEntry[]
  /** Older, stream-level spellings that singer-python and Meltano still write. */
  selected?: JsonValue
  replication_method?: string
  replication_key?: string
  key_properties?: string[]
}

export interface Catalog {
  streams: CatalogEntry[]
}

export type ReplicationMethod = 'INCREMENTAL' | 'FULL_TABLE'

function isTrue(value: JsonValue | undefined): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

function metadataOf(entry: CatalogEntry, breadcrumb: readonly string[]): JsonObject | undefined {
  return entry.metadata?.find(
    (item) =>
      item.breadcrumb.length === breadcrumb.length &&
      item.breadcrumb.every((part, at) => part === breadcrumb[at]),
  )?.metadata
}

function invalid(sentence: string): AppError {
  return new AppError('CATALOG_INVALID', sentence, {
    hint: 'Write a fresh one with --discover and select in that.',
  })
}

function isEntry(value: JsonValue): boolean {
  if (!isJsonObject(value)) return false
  const { tap_stream_id: id, stream, schema, metadata } = value
  const hasId = typeof id === 'string' || typeof stream === 'string'
  const hasMetadata =
    metadata === undefined ||
    metadata === null ||
    (Array.isArray(metadata) &&
      metadata.every((item) => {
        return (
          isJsonObject(item) && Array.isArray(item['breadcrumb']) && isJsonObject(item['metadata'])
        )
      }))
  return hasId && isJsonObject(schema) && hasMetadata
}

/** Null and an empty list say no more of the selection than no metadata at all: so the Meltano SDK reads them, too. */
function withoutEmptyMetadata({ metadata, ...entry }: CatalogEntry): CatalogEntry {
  return Array.isArray(metadata) && metadata.length > 0 ? { ...entry, metadata } : entry
}

/** Checks the shape of a catalog document. Throws CATALOG_INVALID. */
export function parseCatalog(document: JsonValue): Catalog {
  const streams = isJsonObject(document) ? document['streams'] : undefined
  if (!Array.isArray(streams)) throw invalid('The catalog must be an object with a list `streams`.')
  for (const [at, entry] of streams.entries()) {
    if (!isEntry(entry)) {
      throw invalid(
        `Stream ${at} of the catalog needs a \`tap_stream_id\`, a \`schema\` and well-formed \`metadata\`.`,
      )
    }
  }
  const entries = streams as unknown as CatalogEntry[]
  return {
    streams: entries.map((entry) => ({
      ...withoutEmptyMetadata(entry),
      tap_stream_id: entry.tap_stream_id ?? entry.stream,
      stream: entry.stream ?? entry.tap_stream_id,
    })),
  }
}

/** The answer of one breadcrumb, given its parent's: the rules of the Meltano SDK's selection mask, in their order. */
function isChosen(metadata: JsonObject | undefined, parent: boolean): boolean {
  if (!parent) return false
  if (metadata?.['inclusion'] === 'unsupported') return false
  if (metadata?.['inclusion'] === 'automatic') return true
  const chosen = metadata?.['selected'] ?? undefined
  if (chosen !== undefined) return isTrue(chosen)
  const byDefault = metadata?.['selected-by-default'] ?? undefined
  return byDefault === undefined ? parent : isTrue(byDefault)
}

/** Whether the stream is to be synced. */
export function isStreamSelected(entry: CatalogEntry): boolean {
  const root = metadataOf(entry, [])
  const explicit = root?.['selected'] ?? undefined
  if (explicit !== undefined) return isChosen(root, true)
  const legacy = entry.selected ?? entry.schema['selected'] ?? undefined
  if (legacy !== undefined) return isTrue(legacy)
  if (root?.['inclusion'] === 'unsupported') return false
  if (entry.metadata === undefined) return true
  return isTrue(root?.['selected-by-default'])
}

function isPropertySelected(entry: CatalogEntry, breadcrumb: string[], schema: JsonValue): boolean {
  const metadata = metadataOf(entry, breadcrumb)
  const legacy = isJsonObject(schema) ? (schema['selected'] ?? undefined) : undefined
  if (legacy !== undefined && metadata?.['selected'] === undefined) {
    return metadata?.['inclusion'] === 'automatic' || isTrue(legacy)
  }
  return isChosen(metadata, true)
}

/**
 * The part of the stream's schema that is selected, to any depth of declared properties.
 * Properties in `always` (keys, replication key) stay whatever the user says: targets cannot load without them.
 */
export function selectedSchema(entry: CatalogEntry, always: readonly string[]): JsonSchema {
  return pruned({ entry, schema: entry.schema, breadcrumb: [], always })
}

function pruned(part: {
  entry: CatalogEntry
  schema: JsonSchema
  breadcrumb: string[]
  always: readonly string[]
}): JsonSchema {
  const properties = part.schema['properties']
  if (!isJsonObject(properties)) return part.schema
  const kept = Object.entries(properties).filter(
    ([name, property]) =>
      part.always.includes(name) ||
      isPropertySelected(part.entry, [...part.breadcrumb, 'properties', name], property),
  )
  const names = new Set(kept.map(([name]) => name))
  const required = part.schema['required']
  return {
    ...part.schema,
    properties: Object.fromEntries(
      kept.map(([name, property]): [string, JsonValue] => {
        if (!isJsonObject(property)) return [name, property]
        const breadcrumb = [...part.breadcrumb, 'properties', name]
        return [name, pruned({ entry: part.entry, schema: property, breadcrumb, always: [] })]
      }),
    ),
    ...(Array.isArray(required) && {
      required: required.filter((name) => typeof name === 'string' && names.has(name)),
    }),
  }
}

/**
 * How the stream is to be read: forced method, then the user's in the metadata, then the older stream-level key, then INCREMENTAL.
 * Throws CATALOG_INVALID for a method that the tap does not have and for a replication key that is not among the valid ones.
 */
export function replicationMethod(entry: CatalogEntry, replicationKey: string): ReplicationMethod {
  const root = metadataOf(entry, [])
  const method =
    root?.['forced-replication-method'] ??
    root?.['replication-method'] ??
    entry.replication_method ??
    'INCREMENTAL'
  if (method !== 'INCREMENTAL' && method !== 'FULL_TABLE') {
    throw invalid(
      `The replication method of ${entry.tap_stream_id} must be INCREMENTAL or FULL_TABLE, not ${JSON.stringify(method)}.`,
    )
  }
  const key = root?.['replication-key'] ?? entry.replication_key ?? replicationKey
  if (method === 'INCREMENTAL' && key !== replicationKey) {
    throw invalid(
      `The replication key of ${entry.tap_stream_id} must be ${replicationKey}, not ${JSON.stringify(key)}.`,
    )
  }
  return method
}

/** Removes what `schema` no longer declares but `full` did: deselected properties, to any depth. Undeclared ones stay. */
export function withoutDeselected(
  record: JsonObject,
  full: JsonSchema,
  schema: JsonSchema,
): JsonObject {
  const declared = full['properties']
  const kept = schema['properties']
  if (!isJsonObject(declared) || !isJsonObject(kept)) return record
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      if (!Object.hasOwn(declared, name)) return [[name, value]]
      if (!Object.hasOwn(kept, name)) return []
      const inner = declared[name]
      const innerKept = kept[name]
      if (!isJsonObject(value) || !isJsonObject(inner) || !isJsonObject(innerKept))
        return [[name, value]]
      return [[name, withoutDeselected(value, inner, innerKept)]]
    }),
  )
}
