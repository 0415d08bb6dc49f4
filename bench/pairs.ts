/** Loads by our target, each followed by the engine's own load of the same file. */

import type { Bench, Figure, Measured } from './bench.ts'
import type { Engine, FloorPlace, PlaceOf } from './engines/engine.ts'
import { RECORDS, withFolder, writeRecords } from './records.ts'
import { feed, growthFigures, loadFile, peak, ratioFigure, RUNS, type Pair } from './target.ts'

interface Rounds {
  news: Pair[]
  sames: Pair[]
  tenths: Measured[]
}

interface Files {
  path: string
  /** What the floor loads. */
  ready: string
  tenth: string
}

interface Two {
  ours: FloorPlace
  floor: FloorPlace
}

async function pairOf({ ours, floor }: Two, { path, ready }: Files): Promise<Pair> {
  const measured = await loadFile(ours.url, path)
  return { ours: measured, floorSeconds: (await feed(floor.floor(ready), ready)).wallSeconds }
}

/** Loads the same file twice: first all keys are new, then all exist. */
async function addRound(
  placeOf: PlaceOf<FloorPlace>,
  { files, run }: { files: Files; run: number },
  { news, sames, tenths }: Rounds,
): Promise<void> {
  const two = { ours: await placeOf(`ours${run}`), floor: await placeOf(`floor${run}`) }
  news.push(await pairOf(two, files))
  sames.push(await pairOf(two, files))
  await two.ours.remove()
  await two.floor.remove()
  const small = await placeOf(`tenth${run}`)
  tenths.push(await loadFile(small.url, files.tenth))
  await small.remove()
}

export interface PairsOptions {
  /** What the engine does by itself, for the names of the figures. */
  floor: string
  /** The aim of both ratios. */
  atMost: number
  /** The aim of the peak memory. */
  megabytes?: number
}

async function measurePairs(
  { writeReady }: Engine,
  placeOf: PlaceOf<FloorPlace>,
  { floor, atMost, megabytes }: PairsOptions,
): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const path = await writeRecords(folder, RECORDS)
    const ready = (await writeReady?.(path)) ?? path
    const files = { path, ready, tenth: await writeRecords(folder, RECORDS / 10) }
    const rounds: Rounds = { news: [], sames: [], tenths: [] }
    for (let run = 0; run < RUNS; run++) await addRound(placeOf, { files, run }, rounds)
    const { news, sames, tenths } = rounds
    const [fresh, again] = [news, sames].map((pairs) => pairs.map(({ ours }) => ours))
    return [
      ratioFigure(`new keys: wall / ${floor}`, news, atMost),
      ratioFigure(`existing keys: wall / ${floor}`, sames, atMost),
      ...growthFigures(fresh ?? [], tenths, megabytes),
      {
        what: 'existing keys: peak memory',
        measured: peak(again ?? []),
        unit: 'MB',
        ...(megabytes !== undefined && { atMost: megabytes }),
      },
    ]
  })
}

/** Compares loads into the engine with its own. */
export function pairsBench(engine: Engine, options: PairsOptions): Bench {
  return {
    name: `target-${engine.word}`,
    title: `${RECORDS} records into ${engine.title}`,
    missing: engine.missing,
    run: () => engine.use(async (placeOf) => measurePairs(engine, placeOf, options)),
  }
}
