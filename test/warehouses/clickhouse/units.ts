/** Commits of single rows, for tests that call a warehouse as the loader does. */

import type { TestContext } from 'node:test'
import { Logger } from '../../../src/logger.ts'
import { cellsOf } from '../../../src/loader/columns/cells.ts'
import type { CommitUnit, WriteStep } from '../../../src/loader/commit-unit.ts'
import { LEDGER_COLUMNS, ledgerStep } from '../../../src/loader/commit/ledger.ts'
import type { Warehouse } from '../../../src/loader/warehouse.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import type { TestedWarehouse } from '../../conformance/support/warehouses.ts'

const LEDGER = '_sdc_loads'
const COLUMN = { name: 'id', type: { kind: 'integer' } } as const

export interface Prepared {
  tested: TestedWarehouse
  database: string
  /** A load, which is closed after the test. The port is the one of a proxy. */
  create: (options?: { port?: number; isReadOnly?: boolean }) => Promise<Warehouse>
  /** The log of all loads, as JSON. */
  logged: string[]
}

export async function prepare(t: TestContext): Promise<Prepared> {
  const tested = await CLICKHOUSE_UNDER_TEST.create(t)
  const logged: string[] = []
  const write = (line: string) => {
    logged.push(line)
  }
  const create: Prepared['create'] = async ({ port, isReadOnly = false } = {}) => {
    const url = new URL(`${tested.url}&lock_wait_seconds=0`)
    if (port !== undefined) url.port = String(port)
    const warehouse = await createWarehouse({
      url: url.href,
      schema: undefined,
      tablePrefix: '',
      isReadOnly,
      logger: new Logger({ name: 'test', level: 'info', format: 'json', write }),
    })
    t.after(async () => warehouse.close())
    return warehouse
  }
  return { tested, database: new URL(tested.url).pathname.slice(1), create, logged }
}

/** Inserts a row into the table `s`. */
function rowStep(value: number): WriteStep {
  return {
    kind: 'write',
    table: 's',
    columns: [{ ...COLUMN, cells: cellsOf(COLUMN.type, [value]) }],
    rowCount: 1,
    keys: [],
    deleteWhereSet: undefined,
  }
}

/** A unit that inserts the rows into the table `s`; the first one creates the tables. */
export function unitOf(loadNumber: number, ...values: number[]): CommitUnit {
  const row = {
    loadNumber,
    runId: `run ${values.join(' ')}`,
    startedAtMs: 0,
    committedAtMs: 0,
    rowCounts: new Map(),
    state: null,
  }
  const isFirst = loadNumber === 1
  return {
    changes: isFirst
      ? [
          { kind: 'create-table', table: 's', columns: [COLUMN] },
          { kind: 'create-table', table: LEDGER, columns: [...LEDGER_COLUMNS] },
        ]
      : [],
    steps: [...values.map((value) => rowStep(value)), ledgerStep(LEDGER, row)],
    ledger: { table: LEDGER, loadNumber },
  }
}

/** The rows of the table `s`. */
export async function idsOf({ read }: TestedWarehouse): Promise<number[]> {
  return ((await read('s')) ?? []).map(({ id }) => Number(id)).toSorted((a, b) => a - b)
}
