/** What differs between the databases that DuckDB writes. Each has one object of this type. */

import type { Column, CommitUnit, SetComments, WidenColumn } from '../../loader/commit-unit.ts'
import type { Dialect } from '../../loader/dialect.ts'
import type { BatchSize, Failure, FoundTable, MaintenanceReport } from '../../loader/warehouse.ts'
import type { Sql } from '../sql.ts'
import type { StagedStep } from '../standard-sql.ts'
import type { BrokenConstraint } from './tables/constraints.ts'
import type { StorageOf } from './dialect.ts'
import type { DuckdbDatabase } from './connect/database.ts'
import type { DuckdbQuery, DuckdbTable } from './sql.ts'

/** The statements of a merge and of a type change, in order. All run in the unit's transaction. */
export interface DuckdbStatements {
  /** No two rows of the stage have the same key. */
  merge: (table: DuckdbTable, stage: DuckdbTable, step: StagedStep) => readonly Sql[]
  widen: (query: DuckdbQuery, table: DuckdbTable, change: WidenColumn) => Promise<readonly Sql[]>
  addColumn: (query: DuckdbQuery, table: DuckdbTable, column: Column) => Promise<readonly Sql[]>
  setComments: (table: DuckdbTable, change: SetComments) => readonly Sql[]
}

export interface DuckdbFailure {
  /** What failed, as the beginning of a sentence. */
  what: string
  broken?: BrokenConstraint | undefined
  /** Instead of what DuckDB's message says. */
  reason?: string
  hint?: string
  /** True when COMMIT was sent. */
  isCommitting?: boolean
}

/** Work that keeps a database fast and small. */
export interface DuckdbMaintenance {
  /** Runs when a load has ended well. Never throws. */
  afterLoad: (tables: readonly DuckdbTable[]) => Promise<void>
  now: (tables: readonly DuckdbTable[]) => Promise<MaintenanceReport>
}

export interface DuckdbEngine {
  dialect: Dialect
  /** As in messages: `DuckDB`. */
  label: string
  database: DuckdbDatabase
  /** As in a warehouse. @default one batch */
  commitSize?: BatchSize
  storageOf: StorageOf
  statements: DuckdbStatements
  /** Runs in the unit's transaction, last before COMMIT. Throws when the unit may not commit. */
  beforeCommit: (unit: CommitUnit, name: (table: string) => DuckdbTable) => Promise<void>
  /** Runs before the unit's transaction begins: takes locks. */
  beforeBegin: (unit: CommitUnit, name: (table: string) => DuckdbTable) => Promise<void>
  /** True when `beforeBegin` creates the tables, because a transaction cannot. */
  createsTablesBefore?: boolean
  /** For a catalog that DuckDB's own functions do not describe. */
  describe?: (schema: string, prefix: string) => Promise<FoundTable[]>
  /** The name of the table as the catalog spells it. @default as it is */
  spell?: (table: string) => string
  /** Undefined for a database that needs none. */
  maintenance?: DuckdbMaintenance
  /** What keeps the column from changing its type. No transaction is running. */
  findUsers: (table: DuckdbTable, column: string) => Promise<string[]>
  /** Turns an error of DuckDB into ours. Our own errors and bugs stay as they are. */
  wrap: (cause: unknown, failure: DuckdbFailure) => unknown
  classify: (error: unknown) => Failure
}
