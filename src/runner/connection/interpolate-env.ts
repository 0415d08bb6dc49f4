/** `${NAME}` in the texts of a connection file: an environment variable takes its place. */

import { isJsonObject, type JsonValue } from '../../singer/json.ts'

const REFERENCE = /\$?\$\{([^}]*)\}/g

/** `$${NAME}` stays as `${NAME}`. Notes what is not set, or set to nothing, and leaves it empty. */
function expandText(text: string, env: NodeJS.ProcessEnv, missing: Set<string>): string {
  return text.replace(REFERENCE, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1)
    const value = env[name]
    if (value === undefined || value === '') missing.add(name)
    return value ?? ''
  })
}

/** The document with every reference in a text replaced. Names of members stay as they are. */
export function interpolateEnv(
  document: JsonValue,
  env: NodeJS.ProcessEnv,
): { expanded: JsonValue; missing: string[] } {
  const missing = new Set<string>()
  const expand = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return expandText(value, env, missing)
    if (Array.isArray(value)) return value.map(expand)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expand(inner)]))
  }
  return { expanded: expand(document), missing: [...missing] }
}
