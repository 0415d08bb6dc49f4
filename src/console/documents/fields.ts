/** Reads and changes one setting of a document. Pure. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { FieldPath } from './secret-fields.ts'

/** Undefined when it is not there. */
export function valueAt(
  document: JsonObject,
  [name = '', ...rest]: FieldPath,
): JsonValue | undefined {
  const value = Object.hasOwn(document, name) ? document[name] : undefined
  if (rest.length === 0) return value
  return isJsonObject(value) ? valueAt(value, rest) : undefined
}

/** The document with another value. Undefined removes the setting. Leaves out a missing section. */
export function withValueAt(
  document: JsonObject,
  [name = '', ...rest]: FieldPath,
  value: JsonValue | undefined,
): JsonObject {
  if (rest.length === 0) {
    const { [name]: _old, ...others } = document
    return value === undefined ? others : { ...document, [name]: value }
  }
  const section = Object.hasOwn(document, name) ? document[name] : undefined
  if (!isJsonObject(section))
    return value === undefined ? document : { ...document, [name]: withValueAt({}, rest, value) }
  return { ...document, [name]: withValueAt(section, rest, value) }
}

/** A problem without the name of the setting that it begins with. */
export function clauseOf(problem: string): string {
  return problem.replace(/^`[^`]*` /, '')
}

/** JSON Merge Patch, RFC 7396: null removes, objects merge, anything else replaces. */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}
