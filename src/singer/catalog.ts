/** The Singer catalog: the streams of a tap, and which of them the user selected. */

import { AppError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { JsonSchema } from './messages.ts'

export interface MetadataEntry {
  /**
   * `[]` is the stream, `["properties", "a"]` a property, `["properties", "a", "properties", "b"]`
   * a nested one.
   */
  breadcrumb: string[]
  metadata: JsonObject
}

export interface CatalogEntry {
  tap_stream_id: string
  stream: string
  schema: JsonSchema
  /** Never empty. Absent if the catalog has no selection: then everything is selected. */
  metadata?: MetadataEntry[]
  /** Older, stream-level keys that singer-python and Meltano still write. */
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
    hint: 'Create a new catalog with --discover and select the streams in it.',
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

/** Null and an empty list count as no metadata, as in the Meltano SDK. */
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

/**
 * Selection of one breadcrumb, given its parent's: the rules of the Meltano SDK, in their order.
 */
function isSelected(metadata: JsonObject | undefined, isParentSelected: boolean): boolean {
  if (!isParentSelected) return false
  if (metadata?.['inclusion'] === 'unsupported') return false
  if (metadata?.['inclusion'] === 'automatic') return true
  const explicit = metadata?.['selected'] ?? undefined
  if (explicit !== undefined) return isTrue(explicit)
  const byDefault = metadata?.['selected-by-default'] ?? undefined
  return byDefault === undefined ? isParentSelected : isTrue(byDefault)
}

/** Whether the stream is synced. */
export function isStreamSelected(entry: CatalogEntry): boolean {
  const root = metadataOf(entry, [])
  const explicit = root?.['selected'] ?? undefined
  if (explicit !== undefined) return isSelected(root, true)
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
  return isSelected(metadata, true)
}

/**
 * The selected part of the stream's schema, to any depth; the same object if nothing is deselected.
 * Properties in `always` (key properties, replication key) stay, because targets need them.
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
  const inner = kept.map(([name, property]): [string, JsonValue] => {
    if (!isJsonObject(property)) return [name, property]
    const breadcrumb = [...part.breadcrumb, 'properties', name]
    return [name, pruned({ entry: part.entry, schema: property, breadcrumb, always: [] })]
  })
  const names = new Set(kept.map(([name]) => name))
  const { required } = part.schema
  const isRequiredKept = (name: JsonValue) => typeof name === 'string' && names.has(name)
  const isUnchanged =
    inner.length === Object.keys(properties).length &&
    inner.every(([name, property]) => property === properties[name]) &&
    (!Array.isArray(required) || required.every(isRequiredKept))
  if (isUnchanged) return part.schema
  return {
    ...part.schema,
    properties: Object.fromEntries(inner),
    ...(Array.isArray(required) && { required: required.filter(isRequiredKept) }),
  }
}

/** How a stream can be replicated. */
export interface Replication {
  /** The first one is the default. */
  methods: readonly [ReplicationMethod, ...ReplicationMethod[]]
  replicationKey?: string
}

/**
 * The first of: forced method, method in the metadata, older stream-level key, the default.
 * Throws CATALOG_INVALID for an unsupported method or replication key.
 */
export function replicationMethod(
  entry: CatalogEntry,
  { methods, replicationKey }: Replication,
): ReplicationMethod {
  const root = metadataOf(entry, [])
  const wanted =
    root?.['forced-replication-method'] ??
    root?.['replication-method'] ??
    entry.replication_method ??
    methods[0]
  const method = methods.find((known) => known === wanted)
  if (method === undefined) {
    throw invalid(
      `The replication method of ${entry.tap_stream_id} must be ${methods.join(' or ')}, not ${JSON.stringify(wanted)}.`,
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

/**
 * The record without deselected properties (declared in `full` but not in `schema`), to any depth.
 * Undeclared properties stay. Returns the same record if nothing is deselected.
 */
export function withoutDeselected(
  record: JsonObject,
  full: JsonSchema,
  schema: JsonSchema,
): JsonObject {
  if (full === schema) return record
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
