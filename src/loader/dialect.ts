/** What planning needs to know about a database. Implementations are constants in `src/warehouses/`. */

import type { ColumnType, TypeLimits } from './schema/types.ts'

/** What resolving has to know of a database. */
export interface NameRules {
  /** Longest name in UTF-8 bytes. */
  maxNameBytes: number
  /** True where `Id` and `id` are two names. Otherwise A to Z are a to z, and every other letter is itself. */
  isCaseSensitive: boolean
}

/** How many digits a database's widest number has before and behind the point. */
export interface NumberDigits {
  whole: number
  fraction: number
}

/** Facts about a database, all constant. */
export interface Dialect extends NameRules, TypeLimits {
  /** As in URLs and messages: `duckdb`. */
  name: string
  /** Most columns of a table. */
  maxColumns: number
  /** Most digits of a number in `number` and JSON columns; undefined where JSON is text and `number` a double. */
  numberDigits?: NumberDigits
  /** Names that every table has already, and no column of ours can have. */
  systemColumns: ReadonlySet<string>
  /** True where text may hold U+0000. */
  holdsNul: boolean
  /**
   * Whether a column can change its type in place: `always` without loss, `when-exact` after `isExact` said so for the values that
   * are there, `never`. Asked only for pairs that `joinTypes` gives.
   */
  widening: (from: ColumnType, to: ColumnType) => 'always' | 'when-exact' | 'never'
}
