/** Compares names of schemas, tables and columns as the warehouses do. */

/** By scheme of `warehouse_url`: true when `Id` and `id` are different names. */
const IS_CASE_SENSITIVE: Readonly<Record<string, boolean>> = {
  duckdb: false,
  postgres: true,
  postgresql: true,
}

/**
 * Whether `Id` and `id` are different names. True for an unknown scheme, which is rejected
 * elsewhere.
 */
export function isCaseSensitive(warehouseUrl: string): boolean {
  const [scheme = ''] = warehouseUrl.toLowerCase().split(':', 1)
  return IS_CASE_SENSITIVE[scheme] ?? true
}

/** Equal for names that the database treats as the same. Only A to Z are folded. */
export function foldName(name: string, rules: { isCaseSensitive: boolean }): string {
  return rules.isCaseSensitive ? name : name.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase())
}

/** `foldName` with the rules of the warehouse of the URL. */
export function foldNameFor(warehouseUrl: string, name: string): string {
  return foldName(name, { isCaseSensitive: isCaseSensitive(warehouseUrl) })
}
