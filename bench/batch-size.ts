import type { Bench, Figure, Measured } from './bench.ts'
import { RECORDS, writeRecords } from './records.ts'
import { loadFile, peak, RUNS, seconds, wall } from './target.ts'
import { withDuckdb, withPostgres, type Warehouse, type WithWarehouse } from './warehouse.ts'

const SIZES = [10_000, 25_000, 50_000, 100_000, 200_000]
/** Large enough that only the number of rows ends a batch. */
const BYTES = 2 ** 30

interface Loads {
  size: number
  fresh: Measured[]
  again: Measured[]
}

async function addLoads({ url, reset }: Warehouse, path: string, loads: Loads): Promise<void> {
  const settings = { batch_size_rows: loads.size, batch_size_bytes: BYTES }
  await reset()
  loads.fresh.push(await loadFile(url, path, settings))
  loads.again.push(await loadFile(url, path, settings))
  await reset()
}

function wallFigure(what: string, runs: readonly Measured[]): Figure {
  const note = `${seconds(runs.map(({ wallSeconds }) => wallSeconds))} s`
  return { what, measured: wall(runs), unit: 's', note }
}

function figures(all: readonly Loads[]): Figure[] {
  const name = ({ size }: Loads) => `${size.toLocaleString('en')} rows`
  return [
    ...all.map((loads) => wallFigure(`new keys, ${name(loads)}`, loads.fresh)),
    ...all.map((loads) => wallFigure(`existing keys, ${name(loads)}`, loads.again)),
    ...all.map((loads): Figure => {
      const [fresh, again] = [peak(loads.fresh), peak(loads.again)]
      const note = `new keys ${fresh.toFixed(0)} MB, existing keys ${again.toFixed(0)} MB`
      return {
        what: `peak memory, ${name(loads)}`,
        measured: Math.max(fresh, again),
        unit: 'MB',
        note,
      }
    }),
  ]
}

async function measureSizes(warehouse: Warehouse): Promise<Figure[]> {
  const path = await writeRecords(warehouse.folder, RECORDS)
  const all = SIZES.map((size): Loads => ({ size, fresh: [], again: [] }))
  for (let run = 0; run < RUNS; run++) {
    for (const loads of all) await addLoads(warehouse, path, loads)
  }
  return figures(all)
}

function bench(name: string, withWarehouse: WithWarehouse): Bench {
  return {
    name: 'batch-size',
    title: `batch_size_rows: ${RECORDS} records into ${name}`,
    run: () => withWarehouse(measureSizes),
  }
}

/**
 * Loads the same file with several batch sizes. The default of `batch_size_rows` is based on it.
 */
export const BATCH_SIZE: readonly Bench[] = [
  bench('DuckDB', withDuckdb),
  bench('PostgreSQL', withPostgres),
]
