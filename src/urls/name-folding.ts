/** How warehouses compare names of schemas, tables and columns, for code outside of a database. */

import { warehouseKindOf } from './warehouse-urls.ts'

/**
 * Equal for two names that are one name to the database: without case, A to Z equal a to z, and
 * every other letter is itself.
 */
export function foldName(name: string, rules: { isCaseSensitive: boolean }): string {
  return rules.isCaseSensitive ? name : name.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase())
}

/** `foldName` by the rules of the warehouse that the URL names. */
export function foldNameFor(warehouseUrl: string, name: string): string {
  return foldName(name, warehouseKindOf(warehouseUrl))
}
