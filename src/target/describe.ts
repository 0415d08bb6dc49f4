/** What is there of some streams: their tables, as loading would name them. */

import { LEDGER_TABLE } from './ledger.ts'
import { NameSpace } from './names.ts'
import type { Warehouse } from './warehouse.ts'

/** As printed by `--tables`. */
export interface DescribedStreams {
  /** Whether there has been a load with this prefix. */
  has_loads: boolean
  /** In the order in which they were asked for. */
  streams: DescribedStream[]
}

export interface DescribedStream {
  stream: string
  table: string
  /** Null where the table is not there. */
  rows: number | null
  columns: string[]
  /** Whether any load brought rows of it, whatever became of them. */
  has_loaded: boolean
}

/** Reads only; the warehouse is open. */
export async function describeStreams(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<DescribedStreams> {
  const tables = new Map((await warehouse.describe(prefix)).map((table) => [table.name, table]))
  const names = new NameSpace(warehouse.dialect, tables.keys())
  const ledger = prefix + LEDGER_TABLE
  const loaded = tables.has(ledger) ? await warehouse.loadedStreams(ledger) : new Set<string>()
  const described: DescribedStream[] = []
  for (const stream of streams) {
    const table = names.resolve(prefix + stream)
    const found = tables.get(table)
    const rows = found ? await warehouse.countRows(table) : null
    const columns = (found?.columns ?? []).map(({ name }) => name)
    described.push({ stream, table, rows, columns, has_loaded: loaded.has(stream) })
  }
  return { has_loads: tables.has(ledger), streams: described }
}
