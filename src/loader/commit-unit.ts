/** What one commit contains: schema changes, steps that write rows, and the ledger row. */

import type { Cells } from './columns/cells.ts'
import type { ColumnType } from './schema/types.ts'

export interface Column {
  name: string
  type: ColumnType
}

/**
 * A type as the database names it. Only the database may be the source of these strings, because
 * they become part of statements.
 */
export interface NativeType {
  /** As the column declares it: `character varying(50)`, `public.status`. */
  name: string
  /** The type below a domain; for other types, the same as `name`. */
  base: string
  /** The schema of the `=` operator, if it is not in the search path. */
  equalitySchema?: string
  /** How the database stores the values, where that holds fewer than the type does. */
  storedAs?: 'double' | 'milliseconds' | 'nothing'
}

/** A schema change. Nothing is ever dropped, renamed or narrowed. */
export type Change =
  | { kind: 'create-table'; table: string; columns: Column[] }
  | { kind: 'add-column'; table: string; column: Column }
  | WidenColumn
  | MoveValues
  | SetComments
  | LiveView

export interface WidenColumn {
  kind: 'widen-column'
  table: string
  column: string
  /** Undefined for a foreign type. */
  from: ColumnType | undefined
  to: ColumnType
}

/**
 * Moves key values from one column of a key property to another, in rows where `to` is null and
 * holds the value exactly. A row is left alone if another row already has the resulting key.
 */
export interface MoveValues {
  kind: 'move-values'
  table: string
  from: Column
  to: Column
  /** The columns of the other key properties. */
  otherKeys: readonly string[]
}

/**
 * Sets comments of a table that the loader created, in place of those that are there. A warehouse
 * leaves the table alone if its role may not change comments.
 */
export interface SetComments {
  kind: 'set-comments'
  table: string
  /** Undefined: the comment of the table itself stays. */
  comment?: string | undefined
  columns: readonly CommentedColumn[]
}

/**
 * Creates the view of the live rows of a table, or replaces it; never an object that is not ours.
 * Comes after all other changes of the table.
 */
export interface LiveView {
  kind: 'live-view'
  table: string
  view: string
  /** All columns of the table, in their order. */
  columns: readonly string[]
  /** Columns that are all null in a live row. */
  marks: readonly string[]
}

/** The comment of a live view, by which a load recognizes it as its own. */
export const LIVE_VIEW_COMMENT =
  'Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.'

export interface CommentedColumn extends Column {
  comment: string
}

export interface ColumnData extends Column {
  /** One value per row; may have room for more rows than the step has. */
  cells: Cells
}

/**
 * A column that identifies a row. A key property with variant columns has several nullable ones, of
 * which one is set; two nulls in such a column are equal.
 */
export interface KeyColumn {
  column: string
  isNullable: boolean
}

/**
 * A column of a foreign type. The values are staged in variant columns, and the database tries each
 * one: a value that converts to the column's type and back unchanged is written to the column. Any
 * other value stays in its variant column, and the column is null. A variant column that is not in
 * the table yet is added only if a value stays in it.
 */
export interface ForeignColumn {
  name: string
  native: NativeType
  /** Where the values are staged. At most one of them is set in a row. */
  variants: Column[]
}

/**
 * Writes rows to one table. Keys are unique within a step, unless a key column is foreign: then two
 * staged values may convert to the same key, and the last row wins.
 */
export interface WriteStep {
  kind: 'write'
  table: string
  /** Includes the variant columns of `foreign`, but not the foreign columns themselves. */
  columns: ColumnData[]
  /** The commit fails with a `final` error if a key value does not fit a foreign key column. */
  foreign?: ForeignColumn[]
  rowCount: number
  /**
   * Where the warehouse keeps the rows, if it has taken them over: `columns` then have no cells
   * that may be read. Only the warehouse reads the name.
   */
  stage?: string
  /** A row with an existing key replaces `columns` of that row. Without keys, rows are inserted. */
  keys: KeyColumn[]
  /** If set: a row with a value in this column deletes the row with its key. It is not written. */
  deleteWhereSet: string | undefined
}

/**
 * Deletes, or marks as deleted, rows with a smaller or null version. Does nothing if the table
 * already has a row with a greater version.
 */
export interface RetireStep {
  kind: 'retire'
  table: string
  version: number | bigint
  versionColumn: string
  /** Set to `atMicros` in rows where it is null (soft delete). Undefined: the rows are deleted. */
  markColumn: string | undefined
  /** Microseconds since the epoch. */
  atMicros: number
  /** `versionColumn` and `markColumn`, as far as they are foreign. */
  foreign?: ForeignColumn[]
}

/** Deletes all rows and keeps the table. */
export interface EmptyStep {
  kind: 'empty'
  table: string
}

export type Step = WriteStep | RetireStep | EmptyStep

/**
 * What one commit makes visible: schema changes, rows of all streams, and the ledger row that
 * records them together with the STATE.
 */
export interface CommitUnit {
  /** Applied in this order, before the steps. No earlier unit has made any of them. */
  changes: Change[]
  /** Applied in this order. The last one writes the ledger row. */
  steps: Step[]
  /**
   * The ledger row that the last step writes. The commit must fail with a `final` error unless
   * `loadNumber` is one greater than the greatest number in the table: otherwise another load has
   * committed in between.
   */
  ledger?: { table: string; loadNumber: number }
}
