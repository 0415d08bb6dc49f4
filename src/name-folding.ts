/** How warehouses compare names of schemas, tables and columns. For everybody who compares them outside of a database. */

/** By the scheme of `warehouse_url`: true where `Id` and `id` are two names. */
const IS_CASE_SENSITIVE: Readonly<Record<string, boolean>> = {
  duckdb: false,
  postgres: true,
  postgresql: true,
}

/** Whether the warehouse of the URL takes `Id` and `id` for two names. An unknown one does: it is refused elsewhere. */
export function isCaseSensitive(warehouseUrl: string): boolean {
  const [scheme = ''] = warehouseUrl.toLowerCase().split(':', 1)
  return IS_CASE_SENSITIVE[scheme] ?? true
}

/** Equal for two names that the database takes for one: A to Z may be a to z, and every other letter is itself. */
export function foldName(name: string, rules: { isCaseSensitive: boolean }): string {
  return rules.isCaseSensitive ? name : name.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase())
}

/** The same for the warehouse of the URL. */
export function foldNameFor(warehouseUrl: string, name: string): string {
  return foldName(name, { isCaseSensitive: isCaseSensitive(warehouseUrl) })
}
