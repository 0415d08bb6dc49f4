/** What is there of some streams: their tables, as loading would name them. */

import { LEDGER_TABLE } from './ledger.ts'
import { NameSpace } from './names.ts'
import type { Warehouse } from './warehouse.ts'

/** As printed by `--tables`. */
export interface DescribedStreams {
  /** Whether there has been a load with this prefix. */
  has_loads: boolean
  /** In the order in which they were asked for. `rows` is null where the table is not there. */
  streams: { stream: string; table: string; rows: number | null; columns: string[] }[]
}

/** Reads only; the warehouse is open. */
export async function describeStreams(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<DescribedStreams> {
  const tables = new Map((await warehouse.describe(prefix)).map((table) => [table.name, table]))
  const names = new NameSpace(warehouse.dialect, tables.keys())
  const described: DescribedStreams['streams'] = []
  for (const stream of streams) {
    const table = names.resolve(prefix + stream)
    const found = tables.get(table)
    const rows = found ? await warehouse.countRows(table) : null
    const columns = (found?.columns ?? []).map(({ name }) => name)
    described.push({ stream, table, rows, columns })
  }
  return { has_loads: tables.has(prefix + LEDGER_TABLE), streams: described }
}
