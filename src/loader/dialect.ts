/** What planning needs to know about a database. Each warehouse has one constant of this type. */

import type { ColumnType, TypeLimits } from './schema/types.ts'

/** How a database treats names. */
export interface NameRules {
  /** Longest name in UTF-8 bytes. */
  maxNameBytes: number
  /** False if the database folds A to Z to a to z. No other letter is ever folded. */
  isCaseSensitive: boolean
  /** What no name may contain, besides what no database stores. With the flag `g`. */
  refused?: RegExp
}

/** How many digits a database's widest number has before and after the decimal point. */
export interface NumberDigits {
  whole: number
  fraction: number
}

/** Constant facts about a database. */
export interface Dialect extends NameRules, TypeLimits {
  /** As in URLs and messages: `duckdb`. */
  name: string
  /** What names of tables may not contain where columns may. With the flag `g`. */
  refusedInTables?: RegExp
  /** The maximum number of columns of a table. */
  maxColumns: number
  /**
   * The maximum digits of a number in `number` and JSON columns. Undefined if the database stores
   * JSON as text and `number` as a double.
   */
  numberDigits?: NumberDigits
  /** Names of system columns, which no other column can have. */
  systemColumns: ReadonlySet<string>
  /** True if timestamps end with the years 1 and 9999 in UTC. */
  hasOnlyWritableTimes?: true
  /** False if loads can comment on tables only, and not on columns. */
  hasColumnComments: boolean
  /** True if the database has views, with comments, that a load can create. */
  hasViews: boolean
  /** Whether strings may contain U+0000. */
  holdsNul: boolean
  /**
   * Whether a column can change its type in place: `always` without loss; `when-exact` if `isExact`
   * confirms it for the stored values; or `never`. Called only for pairs that `joinTypes` returns.
   */
  widening: (from: ColumnType, to: ColumnType) => 'always' | 'when-exact' | 'never'
}
