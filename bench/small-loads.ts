/**
 * Many small loads: each changes a few rows of a large table, as a sync of every hour does. The
 * rows are anywhere in the table. The clock is real, so nothing expires by its age.
 */

import { rm } from 'node:fs/promises'
import { CLICKHOUSE_ENGINE } from './engines/clickhouse.ts'
import { DUCKDB_ENGINE } from './engines/duckdb.ts'
import { DUCKLAKE_ENGINE } from './engines/ducklake.ts'
import type { Engine, Place, Size } from './engines/engine.ts'
import { ICEBERG_ENGINE } from './engines/iceberg.ts'
import { POSTGRES_ENGINE } from './engines/postgres.ts'
import { median, type Bench, type Figure } from './bench.ts'
import { RECORDS, withFolder, writeChanges, writeRecords } from './records.ts'
import { loadFile } from './target.ts'

const LOADS = Number(process.env['BENCH_LOADS'] ?? 200)
/** Loads that are compared: the first ones with the last ones. */
const COMPARED = 10
const CHANGED = 50
/** The last loads may take this much more than the first ones. */
const AT_MOST = 1.5
const MEGABYTE = 1e6

interface SmallLoad extends Size {
  /** Of the whole process. */
  seconds: number
}

async function loadChanges(place: Place, folder: string, load: number): Promise<SmallLoad> {
  const path = await writeChanges(folder, { count: CHANGED, seed: load })
  const { wallSeconds } = await loadFile(place.url, path)
  await rm(path)
  return { seconds: wallSeconds, ...(await place.size()) }
}

type Measure = (load: SmallLoad) => number

function growth(
  what: string,
  loads: readonly SmallLoad[],
  { measure, unit }: { measure: Measure; unit: string },
): Figure {
  const first = median(loads.slice(0, COMPARED).map(measure))
  const last = median(loads.slice(-COMPARED).map(measure))
  const digits = unit === 's' ? 2 : 0
  return {
    what: `${what}: last ${COMPARED} loads / first ${COMPARED}`,
    measured: last / first,
    unit: 'x',
    atMost: AT_MOST,
    note: `medians ${last.toFixed(digits)} and ${first.toFixed(digits)} ${unit}`.trimEnd(),
  }
}

function figuresOf(loads: readonly SmallLoad[]): Figure[] {
  const figures = [
    growth('wall', loads, { measure: ({ seconds }) => seconds, unit: 's' }),
    growth('bytes in use', loads, { measure: ({ bytes }) => bytes / MEGABYTE, unit: 'MB' }),
  ]
  if (loads[0]?.files !== undefined) {
    figures.push(
      growth('files in use', loads, { measure: ({ files = NaN }) => files, unit: 'files' }),
    )
  }
  const all = loads.at(-1)?.allFiles
  if (all !== undefined) figures.push({ what: 'all files at the end', measured: all, unit: '' })
  return figures
}

async function measureLoads(place: Place): Promise<Figure[]> {
  return withFolder(async (folder) => {
    await loadFile(place.url, await writeRecords(folder, RECORDS))
    const loads: SmallLoad[] = []
    for (let load = 0; load < LOADS; load++) loads.push(await loadChanges(place, folder, load))
    await place.remove()
    return figuresOf(loads)
  })
}

function bench<P extends Place>({ word, title, missing, use }: Engine<P>): Bench {
  return {
    name: `many-small-loads-${word}`,
    title: `${LOADS} loads of ${CHANGED} changed rows into ${RECORDS} rows: ${title}`,
    missing,
    run: () => use(async (placeOf) => measureLoads(await placeOf('small'))),
  }
}

export const MANY_SMALL_LOADS: readonly Bench[] = [
  bench(DUCKDB_ENGINE),
  bench(POSTGRES_ENGINE),
  bench(DUCKLAKE_ENGINE),
  bench(CLICKHOUSE_ENGINE),
  bench(ICEBERG_ENGINE),
]
