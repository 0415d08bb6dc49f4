/** The document to store, from one that a client sent: secrets that it leaves out stay. Pure. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { DocumentKind } from '../../runner/workspace/paths.ts'
import { ApiError, type FieldProblem } from '../api/problems.ts'
import { mergePatch, valueAt, withValueAt } from './fields.ts'
import { redact } from './redact.ts'
import { SECRET_FIELDS, type FieldPath } from './secret-fields.ts'
import { withWarehouseUrl } from './warehouse-fields.ts'

const API_URL: FieldPath = ['source', 'api_url']
const KEY: FieldPath = ['source', 'app_api_key']
const URL_OF: Readonly<Record<DocumentKind, FieldPath>> = {
  connection: ['destination', 'warehouse_url'],
  destination: ['warehouse_url'],
}

/** Fields whose stored value no response shows. */
function hiddenFields(kind: DocumentKind, stored: JsonObject): FieldPath[] {
  const { document } = redact(kind, stored)
  return SECRET_FIELDS[kind].filter(
    (path) => valueAt(stored, path) !== undefined && valueAt(document, path) === undefined,
  )
}

function sharedName(document: JsonObject): JsonValue | undefined {
  return valueAt(document, ['destination', 'use'])
}

/**
 * Whether a stored secret may go into the next document. The key is sent to `api_url` only when it
 * was before, and the URL of an own warehouse does not hide a shared one that is chosen now.
 */
function staysValid(path: FieldPath, next: JsonObject, stored: JsonObject): boolean {
  const name = path.join('.')
  if (name === KEY.join('.')) return valueAt(next, API_URL) === valueAt(stored, API_URL)
  if (name === URL_OF.connection.join('.')) return sharedName(next) === sharedName(stored)
  return true
}

/** Turns form fields of a warehouse into its URL. Throws DOCUMENT_INVALID. */
function withUrl(kind: DocumentKind, next: JsonObject, stored: JsonObject): JsonObject {
  const storedUrl = valueAt(stored, URL_OF[kind])
  if (kind === 'destination') return withWarehouseUrl(next, storedUrl, '')
  const { destination } = next
  if (!isJsonObject(destination)) return next
  return { ...next, destination: withWarehouseUrl(destination, storedUrl, 'destination.') }
}

function withoutNulls(kind: DocumentKind, document: JsonObject): JsonObject {
  const removed = SECRET_FIELDS[kind].filter((path) => valueAt(document, path) === null)
  return removed.reduce((kept, path) => withValueAt(kept, path, undefined), document)
}

/**
 * The document that replaces `stored`. A secret that it leaves out keeps its stored value; null
 * removes it. Throws DOCUMENT_INVALID for form fields that make no URL.
 */
export function replacement(kind: DocumentKind, next: JsonObject, stored: JsonObject): JsonObject {
  const complete = withUrl(kind, next, stored)
  const kept = hiddenFields(kind, stored).filter(
    (path) => valueAt(complete, path) === undefined && staysValid(path, complete, stored),
  )
  // A section that the client removed takes its secrets along.
  const inSection = kept.filter(
    (path) => path.length === 1 || valueAt(complete, path.slice(0, -1)) !== undefined,
  )
  const joined = inSection.reduce(
    (document, path) => withValueAt(document, path, valueAt(stored, path)),
    complete,
  )
  return withoutNulls(kind, joined)
}

/** The document after a JSON Merge Patch of what a client sees. Throws DOCUMENT_INVALID. */
export function patched(kind: DocumentKind, patch: JsonObject, stored: JsonObject): JsonObject {
  const removed = SECRET_FIELDS[kind].filter((path) => valueAt(patch, path) === null)
  const { document } = redact(kind, stored)
  const merged = mergePatch(document, patch)
  const next = removed.reduce(
    (marked, path) => (hasSection(marked, path) ? withValueAt(marked, path, null) : marked),
    isJsonObject(merged) ? merged : {},
  )
  return replacement(kind, next, stored)
}

function hasSection(document: JsonObject, path: FieldPath): boolean {
  return path.length === 1 || isJsonObject(valueAt(document, path.slice(0, -1)))
}

/** The complete document, and the problems of form fields that make no URL yet. */
export function completedForCheck(
  next: JsonObject,
  stored: JsonObject,
): { document: JsonObject; problems: readonly FieldProblem[] } {
  try {
    return { document: replacement('connection', next, stored), problems: [] }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { warehouse: _, ...destination } = isJsonObject(next['destination'])
      ? next['destination']
      : {}
    return {
      document: replacement('connection', { ...next, destination }, stored),
      problems: error.problems,
    }
  }
}
