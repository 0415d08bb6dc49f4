/** Describes the tables of streams, found by the names that a load would use. */

import { foldName } from '../../urls/name-folding.ts'
import { findNamed, NameSpace, tableRules } from '../tables/names.ts'
import type { MetadataName } from '../tables/metadata.ts'
import { REJECTS_TABLE } from './rejects.ts'
import { LEDGER_TABLE, type FoundTable, type Warehouse } from '../warehouse.ts'

/** As printed by `--run-start`. */
export interface DescribedStreams {
  /** Whether anything was loaded with this prefix. */
  has_loads: boolean
  /** In the requested order. */
  streams: DescribedStream[]
}

interface DescribedStream {
  stream: string
  table: string
  /** Without those marked as deleted. Null if the table does not exist. */
  rows: number | null
  /** Rows that are marked as deleted. Null if the table does not exist. */
  deleted_rows: number | null
  columns: string[]
  /** Whether any load wrote rows of it, even if they were deleted later. */
  has_loaded: boolean
}

/** A stream with the table that a load would write. */
export interface FoundStream {
  stream: string
  table: string
  /** Undefined if the table does not exist. */
  found: FoundTable | undefined
  hasLoaded: boolean
}

/** Null in live rows. */
const MARK: MetadataName = '_sdc_deleted_at'

async function describeTable(warehouse: Warehouse, found: FoundTable | undefined) {
  if (!found) return { rows: null, deleted_rows: null, columns: [] }
  const mark = findNamed(found.columns, MARK, warehouse.dialect)?.name
  const { live, deleted } = await warehouse.countRows(found.name, mark)
  return { rows: live, deleted_rows: deleted, columns: found.columns.map(({ name }) => name) }
}

/** The tables of the streams, in their order. Only reads. The warehouse must be open. */
export async function findStreamTables(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<{ hasLoads: boolean; tables: FoundStream[] }> {
  const { dialect } = warehouse
  const tables = await warehouse.describe(prefix)
  const names = new NameSpace(
    tableRules(dialect),
    tables.map(({ name }) => name),
  )
  const own = new Set([LEDGER_TABLE, REJECTS_TABLE].map((name) => foldName(prefix + name, dialect)))
  const resolved = names.resolveAll(
    streams.map((stream) => prefix + stream),
    (name) => own.has(foldName(name, dialect)),
  )
  const ledger = prefix + LEDGER_TABLE
  const hasLoads = findNamed(tables, ledger, dialect) !== undefined
  const loaded = hasLoads ? await warehouse.loadedStreams(ledger) : new Set<string>()
  return {
    hasLoads,
    tables: streams.map((stream) => {
      const table = resolved.get(prefix + stream) ?? prefix + stream
      return {
        stream,
        table,
        found: findNamed(tables, table, dialect),
        hasLoaded: loaded.has(stream),
      }
    }),
  }
}

/** Counts the rows, and nothing else: every run begins with it. Only reads. */
export async function describeStreams(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<DescribedStreams> {
  const { hasLoads, tables } = await findStreamTables(warehouse, prefix, streams)
  const described: DescribedStream[] = []
  for (const { stream, table, found, hasLoaded } of tables) {
    const contents = await describeTable(warehouse, found)
    described.push({ stream, table, ...contents, has_loaded: hasLoaded })
  }
  return { has_loads: hasLoads, streams: described }
}
