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

/** Equal for two names that the warehouse of the URL takes for one: A to Z may be a to z, and every other letter is itself. */
export function foldNameFor(warehouseUrl: string, name: string): string {
  if (isCaseSensitive(warehouseUrl)) return name
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
