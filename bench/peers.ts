import { median, type Bench, type Figure, type Measured } from './bench.ts'
import {
  duckdbPeers,
  loadersOf,
  postgresPeers,
  reportSkipped,
  type Loader,
  type Peer,
} from './peer.ts'
import { RECORDS, writeRecords } from './records.ts'
import { loadFile, peak, RUNS, seconds, wall } from './target.ts'
import { withDuckdb, withPostgres, type Warehouse, type WithWarehouse } from './warehouse.ts'

/** Fewer records than in the other benches, because the other targets are slow. */
const COUNT = Math.min(RECORDS, 100_000)
const KEYS = ['new keys', 'existing keys'] as const

interface Load extends Measured {
  /** Rows of the table after the load. */
  rows: number
}

/** Two loads of the same file. */
type Round = Record<(typeof KEYS)[number], Load>

async function loadOnce({ load, rows }: Loader, path: string): Promise<Load> {
  const measured = await load(path)
  return { ...measured, rows: await rows() }
}

async function roundOf(loader: Loader, path: string): Promise<Round> {
  await loader.reset()
  const round = {
    'new keys': await loadOnce(loader, path),
    'existing keys': await loadOnce(loader, path),
  }
  await loader.reset()
  return round
}

/** The rounds of our target, and those of the peers that have not failed. */
interface Rounds {
  ours: Round[]
  peers: Map<Loader, Round[]>
}

/**
 * Runs one round of all programs. A peer that fails is reported and skipped from then on.
 */
async function addRound({ ours, peers }: Rounds, own: Loader, path: string): Promise<void> {
  ours.push(await roundOf(own, path))
  for (const [peer, rounds] of peers) {
    try {
      rounds.push(await roundOf(peer, path))
    } catch (error) {
      reportSkipped(peer.title, error)
      peers.delete(peer)
    }
  }
}

function startRounds(peers: Iterable<Loader>): Rounds {
  return { ours: [], peers: new Map(Array.from(peers, (peer) => [peer, []])) }
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en')
}

function note(loads: readonly Load[]): string {
  const wrong = new Set(loads.map(({ rows }) => rows).filter((rows) => rows !== COUNT))
  return [
    `${seconds(loads.map(({ wallSeconds }) => wallSeconds))} s`,
    `${count(COUNT / wall(loads))} rows/s`,
    `${peak(loads).toFixed(0)} MB`,
    ...Array.from(wrong, (rows) => `${count(rows)} of ${count(COUNT)} rows`),
  ].join('; ')
}

function figures({ ours, peers }: Rounds, keys: (typeof KEYS)[number]): Figure[] {
  const own = ours.map((round) => round[keys])
  const others = Array.from(peers, ([{ title }, rounds]): Figure => {
    const loads = rounds.map((round) => round[keys])
    const ratios = loads.map(({ wallSeconds }, at) => wallSeconds / (own[at]?.wallSeconds ?? NaN))
    return {
      what: `${keys}: ${title} / ours`,
      measured: median(ratios),
      unit: 'x',
      note: note(loads),
    }
  })
  return [{ what: `${keys}: ours`, measured: wall(own), unit: 's', note: note(own) }, ...others]
}

/** Measures after a warm-up round with a tenth of the records, so that disk caches are warm. */
async function measurePeers(warehouse: Warehouse, peers: readonly Peer[]): Promise<Figure[]> {
  const { url, folder, reset, rows } = warehouse
  const ours: Loader = { title: 'ours', load: (path) => loadFile(url, path), reset, rows }
  const path = await writeRecords(folder, COUNT)
  const warmUp = startRounds(await loadersOf(peers, folder))
  await addRound(warmUp, ours, await writeRecords(folder, COUNT / 10))
  const rounds = startRounds(warmUp.peers.keys())
  for (let run = 0; run < RUNS; run++) await addRound(rounds, ours, path)
  return KEYS.flatMap((keys) => figures(rounds, keys))
}

function bench(
  name: string,
  withWarehouse: WithWarehouse,
  peersOf: (warehouse: Warehouse) => Peer[],
): Bench {
  return {
    name: 'peers',
    title: `Third-party targets: ${count(COUNT)} records into ${name}`,
    run: () => withWarehouse((warehouse) => measurePeers(warehouse, peersOf(warehouse))),
  }
}

/**
 * Wall time of third-party targets / ours, with the same file into the same warehouse.
 */
export const PEERS: readonly Bench[] = [
  bench('PostgreSQL', withPostgres, postgresPeers),
  bench('DuckDB', withDuckdb, duckdbPeers),
]
