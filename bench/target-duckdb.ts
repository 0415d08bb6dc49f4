import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench, Measured } from './bench.ts'
import { RECORDS, withFolder, writeRecords } from './records.ts'
import { feed, growthFigures, loadFile, peak, ratioFigure, RUNS, type Pair } from './target.ts'

const FLOOR = fileURLToPath(new URL('duckdb-floor.js', import.meta.url))
const AT_MOST = 2.5

async function pairOf(folder: string, name: string, path: string): Promise<Pair> {
  const ours = await loadFile(`duckdb:${join(folder, `${name}-ours.duckdb`)}`, path)
  const floor = [process.execPath, FLOOR, join(folder, `${name}-floor.duckdb`), path] as const
  return { ours, floorSeconds: (await feed(floor, path)).wallSeconds }
}

/** Loads the same file twice: first all keys are new, then all exist. */
export const TARGET_DUCKDB: Bench = {
  name: 'target-duckdb',
  title: `${RECORDS} records into DuckDB`,
  run: () =>
    withFolder(async (folder) => {
      const path = await writeRecords(folder, RECORDS)
      const tenth = await writeRecords(folder, RECORDS / 10)
      const [news, sames, tenths]: [Pair[], Pair[], Measured[]] = [[], [], []]
      for (let run = 0; run < RUNS; run++) {
        news.push(await pairOf(folder, `${run}`, path))
        sames.push(await pairOf(folder, `${run}`, path))
        tenths.push(await loadFile(`duckdb:${join(folder, `${run}-tenth.duckdb`)}`, tenth))
        for (const name of ['ours', 'floor', 'tenth']) {
          await rm(join(folder, `${run}-${name}.duckdb`), { force: true })
        }
      }
      const floor = 'DuckDB’s read_json and the same merge'
      return [
        ratioFigure(`new keys: wall / ${floor}`, news, AT_MOST),
        ratioFigure(`existing keys: wall / ${floor}`, sames, AT_MOST),
        ...growthFigures(
          news.map(({ ours }) => ours),
          tenths,
        ),
        {
          what: 'existing keys: peak memory',
          measured: peak(sames.map(({ ours }) => ours)),
          unit: 'MB',
          atMost: 250,
        },
      ]
    }),
}
