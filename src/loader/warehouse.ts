/** What loading asks of a warehouse. Implementations live in `src/warehouses/`, one folder each, and pass `test/conformance/`. */

import type { Logger } from '../logger.ts'
import type { Cells } from './columns/cells.ts'
import type { Dialect } from './dialect.ts'
import type { ColumnType } from './schema/types.ts'

export const LEDGER_TABLE = '_sdc_loads'

export interface Column {
  name: string
  type: ColumnType
}

/** A type as the database itself names it. Never text from anywhere else, because it becomes part of statements. */
export interface NativeType {
  /** As the column declares it: `character varying(50)`, `public.status`. */
  name: string
  /** Without domains; else the same. */
  base: string
  /** The schema of the operator `=` where the search path does not lead to it. */
  equalitySchema?: string
}

/** A column as it was found. */
export interface FoundColumn {
  name: string
  /** Undefined for a type that we never create: a foreign type. */
  type: ColumnType | undefined
  /** For a foreign type: one of ours that holds all its values and to which it can be altered. */
  widensTo?: ColumnType
  /** For a foreign type that holds values of every kind, each in one way: the type in which they are brought. */
  takes?: ColumnType
  /** True for a foreign type of texts: what comes as a string is brought as it came, as into our own columns of texts. */
  isTextual?: boolean
  /** Undefined for a column that the database computes, into which nothing can be written. */
  native?: NativeType
  /** True where the column refuses null. */
  isRequired?: boolean
}

export interface FoundTable {
  name: string
  columns: FoundColumn[]
}

/** A change of a table; nothing is ever dropped, renamed or narrowed. */
export type Change =
  | { kind: 'create-table'; table: string; columns: Column[] }
  | { kind: 'add-column'; table: string; column: Column }
  /** `from` is undefined for a type that we never create. */
  | WidenColumn
  | MoveValues

export interface WidenColumn {
  kind: 'widen-column'
  table: string
  column: string
  from: ColumnType | undefined
  to: ColumnType
}

/**
 * Moves the values that `to` holds exactly from one column of a key into another, where that one is null; but not where a row with
 * that key is there already.
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
 * What a column may hold: `scalars` are texts, or strings in JSON, that read as a number or a boolean; `odd-numbers` are texts that read
 * as a number with a point or an exponent; `json-scalars` are numbers and booleans in JSON; `json-times` are strings in JSON that begin like
 * a date or a time of day; `midnights` are times without hours in UTC; `large-numbers` are beyond 2^53.
 */
export type Content =
  | 'anything'
  | 'scalars'
  | 'odd-numbers'
  | 'json-strings'
  | 'json-scalars'
  | 'json-times'
  | 'midnights'
  | 'large-numbers'

export interface ColumnData extends Column {
  /** At least as many as the step has rows. */
  cells: Cells
}

/** Columns that identify a row. Cells of a nullable one are equal when both are null: variant columns of a key. */
export interface KeyColumn {
  column: string
  isNullable: boolean
}

/**
 * A column whose type is not the one of its values. The database tries each value: one that survives the way into the column and back is
 * written into it; any other stays in its variant column, and then the column is null. A variant column that is not in the table is
 * added only when a value stays in it.
 */
export interface ForeignColumn {
  name: string
  native: NativeType
  /** The variant columns that hold the values, of which at most one is set in a row. */
  variants: Column[]
}

/** Rows for one table. No two have the same key, unless a column of the key is foreign: then the last one wins. */
export interface WriteStep {
  kind: 'write'
  table: string
  /** The variant columns of foreign columns among them; the foreign columns themselves are not. */
  columns: ColumnData[]
  /** A value of a key that does not fit its column ends the commit for good. */
  foreign?: ForeignColumn[]
  rowCount: number
  /** Rows with an existing key replace it in all of `columns`; without keys all rows are added. */
  keys: KeyColumn[]
  /** When named, a row with a value in this column removes the row with its key instead of replacing it. */
  deleteWhereSet: string | undefined
}

/** Takes rows out whose version is smaller or null, unless the table already holds a greater one. */
export interface RetireStep {
  kind: 'retire'
  table: string
  version: number | bigint
  versionColumn: string
  /** Gets `atMicros` where it is null. Undefined: the rows are deleted. */
  markColumn: string | undefined
  atMicros: number
  /** Those of the two columns that are foreign. */
  foreign?: ForeignColumn[]
}

/** Deletes all rows and keeps the table. */
export interface EmptyStep {
  kind: 'empty'
  table: string
}

export type Step = WriteStep | RetireStep | EmptyStep

/** Whether a column can change its type. */
export interface WideningQuestion {
  table: string
  column: string
  to: ColumnType
  /** True where values can be written into the column as it is: then nothing is lost when it keeps its type. */
  mayStay: boolean
}

/** Everything between two STATE lines: all of it becomes visible at once, or none. */
export interface CommitUnit {
  /** In order, before the steps. Each is needed: none has been made by an earlier unit. */
  changes: Change[]
  /** In order. The last one writes the row of `_sdc_loads`. */
  steps: Step[]
  /**
   * The ledger's row that the last step writes. The commit fails for good when its number does not follow on the greatest in the table:
   * another load has got in between.
   */
  ledger?: { table: string; loadNumber: number }
}

/** What a failed commit means: whether the same unit may be sent again, and whether it may have happened all the same. */
export type Failure = 'transient' | 'outcome-unknown' | 'final'

export interface StoredLoad {
  loadNumber: number
  runId: string
  /** The STATE that the commit covers, as it was printed; null when it covers none. */
  state: string | null
}

/** The newest row of a ledger, and the newest one with a state. */
export interface LastLoads {
  newest?: StoredLoad
  withState?: StoredLoad
}

/**
 * One namespace of one database, opened for one run. The loader calls `open`, then `describe` and `lastLoad`, then `commit` any number
 * of times and never two at once, and `close` on every path. After a crash at any moment the tables hold exactly the units whose
 * commit had succeeded, each with its row in `_sdc_loads`.
 */
export interface Warehouse {
  readonly dialect: Dialect
  /**
   * Connects and takes what keeps other loads out of the same tables. Waits a bounded time for it, then throws WAREHOUSE_BUSY, saying
   * who holds it. Retries transient failures for a bounded time.
   */
  open: () => Promise<void>
  /** Tables of the namespace whose name begins with the prefix, as the database compares names. */
  describe: (prefix: string) => Promise<FoundTable[]>
  /** Whether the column can change to the type: every value survives the way there and back, and nothing else holds on to it. */
  isExact: (question: WideningQuestion) => Promise<boolean>
  /** Whether the column, which is there, holds something of the kind. */
  holds: (table: string, column: Column, content: Content) => Promise<boolean>
  /** Whether `from` holds a value that a `move-values` would move; the column `to` may still have another type. */
  canMove: (table: string, from: Column, to: Column) => Promise<boolean>
  /** What uses the column and keeps it from changing to the type, as the database names it. */
  findUsers: (table: string, column: string, to: ColumnType) => Promise<readonly string[]>
  /** How many rows the table has. */
  countRows: (table: string) => Promise<number>
  /**
   * Makes the unit durable in one transaction, creating the namespace where it is missing. May be called again with the same unit.
   * Returns how many rows each step retired, in the steps' order; 0 for steps of another kind.
   */
  commit: (unit: CommitUnit) => Promise<readonly number[]>
  /** What may be done about an error that `commit` threw. */
  classify: (error: unknown) => Failure
  /** Gets ready for another `commit` after a passing failure, by a new connection where the old one is gone. */
  recover: () => Promise<void>
  /** The newest row of the ledger table, and the newest one with a state; empty where there is none or no table. */
  lastLoads: (ledgerTable: string) => Promise<LastLoads>
  /** Streams of which any commit brought rows, by the ledger table, which is there. */
  loadedStreams: (ledgerTable: string) => Promise<ReadonlySet<string>>
  /** Proves that the settings work: creates a table, writes, reads and drops it. */
  check: (prefix: string) => Promise<void>
  /** Releases everything. Never throws after a failure that was already thrown. */
  close: () => Promise<void>
}

/** What planning asks of a warehouse. */
export type WarehouseReader = Pick<
  Warehouse,
  'dialect' | 'describe' | 'isExact' | 'holds' | 'canMove' | 'findUsers' | 'lastLoads'
>

export interface WarehouseOptions {
  /** The whole `warehouse_url`. */
  url: string
  /** `default_target_schema`; undefined: the database's default. */
  schema: string | undefined
  /** `table_prefix`: loads with another one may run at the same time. */
  tablePrefix: string
  /** True when nothing will be written, so that nothing is created either. */
  isReadOnly: boolean
  logger: Logger
  /** Ends what `open` waits for; it then throws the signal's reason. */
  signal?: AbortSignal
  /** How long `open` retries transient failures. @default 30000 */
  openRetryMs?: number
}
