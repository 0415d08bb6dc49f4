/**
 * The contract between the loader and a warehouse. To support another database, implement
 * `Warehouse` in a folder of `src/warehouses/` and pass `test/conformance/`.
 *
 * The loader decides what to change and what to write; the warehouse carries it out. Everything
 * that is written goes through `commit`, one `CommitUnit` at a time.
 */

import type { Logger } from '../logger.ts'
import type { Column, CommitUnit, NativeType, Step, WriteStep } from './commit-unit.ts'
import type { Dialect } from './dialect.ts'
import type {
  PreviewRequest,
  QueryRequest,
  QueryResult,
  SummaryRequest,
  TableSummary,
} from './query.ts'
import type { ColumnType } from './schema/types.ts'

/** The ledger: one row for each commit, with its number and the STATE that it covers. */
export const LEDGER_TABLE = '_sdc_loads'

/** A column of an existing table. */
export interface FoundColumn {
  name: string
  /** Undefined for a foreign type: one that the loader never creates. */
  type: ColumnType | undefined
  /** For a foreign type: a column type that holds all its values and that it can be altered to. */
  widensTo?: ColumnType
  /** For a foreign type that stores every JSON value unchanged: the type to stage values in. */
  takes?: ColumnType
  /** True for a foreign string type: strings are staged unchanged, as for a `text` column. */
  isTextual?: boolean
  /** Undefined for a generated column, which cannot be written to. */
  native?: NativeType
  /** True if the column is NOT NULL. */
  isRequired?: boolean
  /** Undefined if the column has no comment, or the database has no comments. */
  comment?: string
}

export interface FoundTable {
  name: string
  /** Undefined if the table has no comment, or the database has no comments. */
  comment?: string
  /** True if the role of the load may not change comments of the table. */
  isCommentFixed?: boolean
  columns: FoundColumn[]
}

/** A view, with the columns that it had when it was created. */
export interface FoundView {
  name: string
  columns: { name: string; type: string }[]
  /** True if its comment is that of a live view. */
  isOurs: boolean
}

/**
 * Content that decides whether a key column may change its type:
 * - `anything`: any value that is not null
 * - `scalars`: strings, also within JSON, that read as a number or a boolean
 * - `odd-numbers`: strings that read as a number with a decimal point or an exponent
 * - `json-strings`: strings within JSON
 * - `json-scalars`: numbers and booleans within JSON
 * - `json-times`: strings within JSON that begin like a date or a time of day
 * - `midnights`: timestamps at 00:00 UTC
 * - `large-numbers`: numbers beyond 2^53
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

/** A type change that planning considers. */
export interface WideningQuestion {
  table: string
  column: string
  to: ColumnType
  /** True if values can be written to the column as it is, so that it may also keep its type. */
  mayStay: boolean
}

/**
 * What an error of `commit` means:
 * - `transient`: nothing was committed, and the same unit may succeed later
 * - `outcome-unknown`: the unit may have been committed; look into the ledger before a retry
 * - `final`: nothing was committed, and a retry fails again
 */
export type Failure = 'transient' | 'outcome-unknown' | 'final'

/** What `maintain` did, counted. */
export interface MaintenanceReport {
  /** Files that were read and replaced. */
  files_merged: number
  /** Files that replaced them. */
  files_written: number
  /** Old states of the database that can no longer be queried. */
  snapshots_expired: number
  /** Files that nothing needed any more. */
  files_removed: number
}

/** The rows of a table. */
export interface RowCounts {
  live: number
  /** Marked as deleted at the source. */
  deleted: number
}

/** How much of the input goes together. */
export interface BatchSize {
  rows: number
  /** Of the lines. */
  bytes: number
}

/** A row of the ledger. */
export interface StoredLoad {
  loadNumber: number
  runId: string
  /** The STATE that the commit covers, exactly as it was printed; null for none. */
  state: string | null
}

/** The newest row of a ledger, and the newest row with a STATE. Absent if there is none. */
export interface LastLoads {
  newest?: StoredLoad
  withState?: StoredLoad
}

/**
 * One namespace (a schema, a dataset, a file) of one database, opened for one run.
 *
 * **Calls.** The loader calls `open` first, then `describe` and `lastLoads`, then `commit` any
 * number of times, and `close` on every path. It awaits each call before the next one, except for
 * `stage`: while a commit is running, the loader parses, buffers and stages the next batch.
 *
 * **Durability.** When `commit` resolves, its unit is durable, and only then does the loader print
 * the unit's STATE. After a crash at any moment, the tables must contain exactly the units whose
 * ledger row exists. An engine with transactions commits the changes, the steps and the ledger row
 * in one transaction.
 *
 * **Without transactions,** an engine must make a commit either atomic or idempotent by
 * `ledger.loadNumber`. Atomic: for example, it writes everything to staging tables and publishes
 * them with one metadata operation. Idempotent: it writes the ledger row last, and tags or stages
 * everything before it with the load number. A unit without a ledger row counts as not committed.
 * It is applied again in full by a retry, or removed by `open` before the next load plans anything,
 * and both must leave the same rows as a single commit. In particular, an append-only step may not
 * insert a row twice. `test/conformance/robustness/without-transactions` kills loads to prove it.
 */
export interface Warehouse {
  readonly dialect: Dialect
  /**
   * Connects, and takes the lock that keeps other loads from the same tables. Waits for the lock
   * for a limited time, then throws WAREHOUSE_BUSY and names the holder. Retries transient failures
   * for a limited time.
   */
  open: () => Promise<void>
  /** Lists tables whose name begins with the prefix, as the database compares names. */
  describe: (prefix: string) => Promise<FoundTable[]>
  /** Lists views whose name begins with the prefix, as the database compares names. */
  describeViews: (prefix: string) => Promise<FoundView[]>
  /**
   * Whether the column can change to the type: every stored value survives the conversion there and
   * back, and no other object depends on the current type.
   */
  isExact: (question: WideningQuestion) => Promise<boolean>
  /** Whether an existing column has content of the kind. */
  holds: (table: string, column: Column, content: Content) => Promise<boolean>
  /** Whether a `move-values` would move any value. The column `to` may still have another type. */
  canMove: (table: string, from: Column, to: Column) => Promise<boolean>
  /** Names the objects that prevent the type change because they use the column, such as views. */
  findUsers: (table: string, column: string, to: ColumnType) => Promise<readonly string[]>
  /**
   * Counts the rows of an existing table.
   * @param mark the column that is null in live rows; undefined if the table has none
   */
  countRows: (table: string, mark: string | undefined) => Promise<RowCounts>
  /**
   * Counts all rows and the deleted ones, and finds the newest value, in one statement. The
   * warehouse must be open with `isReadOnly`.
   */
  summarize: (table: string, request: SummaryRequest) => Promise<TableSummary>
  /** Reads the newest rows of a table. The warehouse must be open with `isReadOnly`. */
  preview: (table: string, request: PreviewRequest) => Promise<QueryResult>
  /**
   * Makes the unit durable: all of it or nothing. Creates the namespace if it is missing. After an
   * error, the loader may call it again with the same unit.
   * @returns how many rows each step retired, in the order of the steps; 0 for other steps.
   */
  commit: (unit: CommitUnit) => Promise<readonly number[]>
  /**
   * Takes over the rows of a step, so that the loader needs no memory for them until their commit.
   * They must outlast failed commits. Runs while a commit is running, too. `earlier` is a step that
   * was taken over before, for the same table and columns: the result then has the rows of both,
   * and of two rows with the same key, the later one.
   *
   * Returns undefined when the rows cannot be taken over. Both steps are then as they were. Never
   * throws.
   */
  stage?: (step: WriteStep, earlier?: WriteStep) => Promise<WriteStep | undefined>
  /** Frees rows that `stage` took over, because their commit is durable. Never throws. */
  release?: (steps: readonly Step[]) => Promise<void>
  /** How much one commit takes unless the user says it. Only with `stage`. */
  readonly commitSize?: BatchSize | undefined
  /** Says what may be done about an error that `commit` or a query threw. */
  classify: (error: unknown) => Failure
  /** Prepares for another attempt after a transient failure, with a new connection if necessary. */
  recover: () => Promise<void>
  /** Reads the ledger. Empty if the table does not exist. */
  lastLoads: (ledgerTable: string) => Promise<LastLoads>
  /**
   * Reads what the ledger remembers of comments, oldest first: the values of its column `comments`
   * that are not null. The column must exist.
   */
  storedComments: (ledgerTable: string) => Promise<readonly string[]>
  /** Names the streams that any commit loaded rows of. The ledger table must exist. */
  loadedStreams: (ledgerTable: string) => Promise<ReadonlySet<string>>
  /**
   * Runs a query of the user. The schema of the tables is the default one. The warehouse must be
   * open with `isReadOnly`, and the database itself must refuse to write. Throws WAREHOUSE_FAILED
   * with the message of the database.
   */
  query: (request: QueryRequest) => Promise<QueryResult>
  /** Checks that the settings work: creates a table, writes to it, reads it and drops it. */
  check: (prefix: string) => Promise<void>
  /**
   * Does now what keeps the tables with the prefix fast and small. Undefined when the database does
   * all of it by itself.
   */
  maintain: (prefix: string) => Promise<MaintenanceReport | undefined>
  /** Releases everything. Never throws if the run has already failed. */
  close: () => Promise<void>
}

/** The part of a warehouse that planning reads. */
export type WarehouseReader = Pick<
  Warehouse,
  | 'dialect'
  | 'describe'
  | 'describeViews'
  | 'isExact'
  | 'holds'
  | 'canMove'
  | 'findUsers'
  | 'lastLoads'
  | 'storedComments'
>

export interface WarehouseOptions {
  /** The whole `warehouse_url`. */
  url: string
  /** `default_target_schema`; undefined for the database's default. */
  schema: string | undefined
  /** `table_prefix`. Loads with different prefixes may run at the same time. */
  tablePrefix: string
  /** True if nothing will be written. Then `open` creates nothing. */
  isReadOnly: boolean
  logger: Logger
  /** When aborted, `open` stops waiting and throws the signal's reason. */
  signal?: AbortSignal
  /** How long `open` retries transient failures. @default 30000 */
  openRetryMs?: number
}
