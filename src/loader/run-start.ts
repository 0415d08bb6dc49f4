/**
 * What a run of a connection starts from, and the proof that it still stands. Whoever decides from the ledger what to load, and opens the
 * tables later, names the load that was the newest then. Under the lock nothing is written when there is another one: it may be another
 * connection's, or a newer STATE of this one.
 */

import { AppError } from '../errors.ts'
import { describeStreams, type DescribedStreams } from './describe.ts'
import { LEDGER_TABLE, type LastLoads, type StoredLoad, type Warehouse } from './warehouse.ts'

/** As printed by `--run-start`. */
export interface DescribedStart extends DescribedStreams {
  /** For `--after-load`. */
  last_load: string
  /** The newest STATE, as it was printed; null for none. */
  state: string | null
}

export interface RunStart {
  /** The name of the newest load when the run began, by `loadName`. */
  afterLoad: string
  /** The STATE from which the run began, with its owner: it is what the first commit covers when none came with it. */
  state: string | null
}

/** A name for the newest load, which no later load of these tables or of new ones has: `0` for none. */
function loadName(newest: StoredLoad | undefined): string {
  return newest ? `${newest.loadNumber}:${newest.runId}` : '0'
}

/** Reads only; the warehouse is open. The ledger comes first: a load that comes between is noticed later. */
export async function describeRunStart(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<DescribedStart> {
  const { newest, withState } = await warehouse.lastLoads(prefix + LEDGER_TABLE)
  const described = await describeStreams(warehouse, prefix, streams)
  return { last_load: loadName(newest), state: withState?.state ?? null, ...described }
}

/** The error of a load that another one has overtaken. */
function overtaken(code: 'TABLES_CHANGED' | 'WAREHOUSE_FAILED'): AppError {
  return new AppError(
    code,
    'Another load has written into the tables since this one began; nothing more was written.',
    { hint: 'Run again: the next sync goes on from the newest STATE.' },
  )
}

/** The loads that were found. Throws TABLES_CHANGED where the newest is not the one from which the run began. */
export function assertStart(start: RunStart | undefined, found: LastLoads): LastLoads {
  if (start && start.afterLoad !== loadName(found.newest)) throw overtaken('TABLES_CHANGED')
  return found
}

/** For the transaction that writes a row of the ledger: throws WAREHOUSE_FAILED where its number does not follow on the newest one. */
export function assertNextLoad(ledger: { loadNumber: number }, newestNumber: unknown): void {
  if (Number(newestNumber ?? 0) !== ledger.loadNumber - 1) throw overtaken('WAREHOUSE_FAILED')
}
