/** Pure: fields of a row that are copied from the members of an object, such as `opened_at`. */

import { isJsonObject, type JsonObject } from '../../singer/json.ts'
import type { StreamDefinition } from '../../streams/definition.ts'

/** The row with its copied fields. A field that the API sent itself stays as it is. */
export function withCopiedFields({ copied }: StreamDefinition, raw: JsonObject): JsonObject {
  const source = copied && raw[copied.from]
  if (!copied || !isJsonObject(source)) return raw
  const fields = Object.entries(copied.members).flatMap(([field, member]) => {
    const value = Object.hasOwn(source, member) ? source[member] : undefined
    return value === undefined || Object.hasOwn(raw, field) ? [] : [[field, value] as const]
  })
  return { ...raw, ...Object.fromEntries(fields) }
}
