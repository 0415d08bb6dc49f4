import { median, type Bench, type Figure, type Measured } from './bench.ts'
import {
  duckdbPeers,
  loadersOf,
  postgresPeers,
  sayLeftOut,
  type Loader,
  type Peer,
} from './peer.ts'
import { RECORDS, writeRecords } from './records.ts'
import { loadFile, peak, RUNS, seconds, wall } from './target.ts'
import { withDuckdb, withPostgres, type Warehouse, type WithWarehouse } from './warehouse.ts'

/** For ours too, because the others are slow. */
const COUNT = Math.min(RECORDS, 100_000)
const KEYS = ['new keys', 'existing keys'] as const

interface Load extends Measured {
  /** Of the whole table afterwards. */
  rows: number
}

/** The same file twice. */
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

/** The rounds of ours, and those of the others that loaded the file in every round. */
interface Rounds {
  ours: Round[]
  peers: Map<Loader, Round[]>
}

/**
 * One round after the other of all programs. A peer that fails is left out from there on, and the
 * bench says so.
 */
async function addRound({ ours, peers }: Rounds, own: Loader, path: string): Promise<void> {
  ours.push(await roundOf(own, path))
  for (const [peer, rounds] of peers) {
    try {
      rounds.push(await roundOf(peer, path))
    } catch (error) {
      sayLeftOut(peer.title, error)
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

/** Measures after a round with a tenth, so that all programs have been read from the disk. */
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
    title: `Targets of others: ${count(COUNT)} records into ${name}`,
    run: () => withWarehouse((warehouse) => measurePeers(warehouse, peersOf(warehouse))),
  }
}

/**
 * Wall time of the targets of others over that of ours, with the same file into the same warehouse.
 */
export const PEERS: readonly Bench[] = [
  bench('PostgreSQL', withPostgres, postgresPeers),
  bench('DuckDB', withDuckdb, duckdbPeers),
]
