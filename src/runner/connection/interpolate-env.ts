/** Replaces `${NAME}` in the strings of a connection file by environment variables. */

import { isJsonObject, type JsonValue } from '../../singer/json.ts'

const REFERENCE = /\$?\$\{([^}]*)\}/g

/**
 * `$${NAME}` becomes a literal `${NAME}`. An unset or empty variable is added to `missing` and left
 * empty.
 */
function interpolate(text: string, env: NodeJS.ProcessEnv, missing: Set<string>): string {
  return text.replace(REFERENCE, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1)
    const value = env[name]
    if (value === undefined || value === '') missing.add(name)
    return value ?? ''
  })
}

/** The document with every reference in a string value replaced. Member names are not changed. */
export function interpolateEnv(
  document: JsonValue,
  env: NodeJS.ProcessEnv,
): { expanded: JsonValue; missing: string[] } {
  const missing = new Set<string>()
  const expand = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return interpolate(value, env, missing)
    if (Array.isArray(value)) return value.map(expand)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expand(inner)]))
  }
  return { expanded: expand(document), missing: [...missing] }
}
