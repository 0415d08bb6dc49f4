/**
 * What a run starts from, and the check that nothing was loaded since. The runner reads the ledger
 * before it starts the tap, so it names the load that was the newest then. A load that finds
 * another one under the lock writes nothing: the other may belong to another connection, or have a
 * newer STATE.
 */

import { AppError } from '../../errors.ts'
import { describeStreams, type DescribedStreams } from './describe.ts'
import { LEDGER_TABLE, type LastLoads, type StoredLoad, type Warehouse } from '../warehouse.ts'

/** As printed by `--run-start`. */
export interface DescribedStart extends DescribedStreams {
  /** For `--after-load`. */
  last_load: string
  /** The newest STATE, exactly as it was printed; null for none. */
  state: string | null
}

export interface RunStart {
  /** The newest load when the run began, as `loadName` names it. */
  afterLoad: string
  /** The STATE that the run started from. The first commit covers it if no STATE comes with it. */
  state: string | null
}

/** A name that no other load has, even after the tables were recreated; `0` for no load. */
function loadName(newest: StoredLoad | undefined): string {
  return newest ? `${newest.loadNumber}:${newest.runId}` : '0'
}

/**
 * Only reads. The warehouse must be open. Reads the ledger first, so that `assertStart` detects a
 * load that commits in between.
 */
export async function describeRunStart(
  warehouse: Warehouse,
  prefix: string,
  streams: readonly string[],
): Promise<DescribedStart> {
  const { newest, withState } = await warehouse.lastLoads(prefix + LEDGER_TABLE)
  const described = await describeStreams(warehouse, prefix, streams)
  return { last_load: loadName(newest), state: withState?.state ?? null, ...described }
}

function overtakenError(code: 'TABLES_CHANGED' | 'WAREHOUSE_FAILED'): AppError {
  return new AppError(
    code,
    'Another load has written into the tables since this one began; nothing more was written.',
    { hint: 'Run again. The next run resumes from the newest STATE.' },
  )
}

/** Throws TABLES_CHANGED unless the newest load is the one that the run started from. */
export function assertStart(start: RunStart | undefined, found: LastLoads): LastLoads {
  if (start && start.afterLoad !== loadName(found.newest)) throw overtakenError('TABLES_CHANGED')
  return found
}

/**
 * For the transaction that writes the ledger row. Throws WAREHOUSE_FAILED unless its number follows
 * the newest one.
 */
export function assertNextLoad(ledger: { loadNumber: number }, newestNumber: unknown): void {
  if (Number(newestNumber ?? 0) !== ledger.loadNumber - 1) throw overtakenError('WAREHOUSE_FAILED')
}
