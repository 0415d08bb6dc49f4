/** The database of the tables: found or created, and what kind of database it is. */

import { AppError } from '../../errors.ts'
import type { Sql } from '../sql.ts'
import type { ClickhouseQuery } from './session.ts'
import { createDatabase, findDatabase, type ClickhousePlace } from './sql.ts'

interface PlaceContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  place: ClickhousePlace
}

/** Engines of databases whose tables can change places. */
const ENGINES = new Set(['Atomic', 'Replicated', 'Shared', 'Overlay'])

/**
 * The place with the engine that its tables need. Creates the database unless it is only read.
 * Throws WAREHOUSE_FAILED for a database in which tables cannot change places.
 */
export async function openPlace(
  { query, run, place }: PlaceContext,
  isReadOnly: boolean,
): Promise<ClickhousePlace> {
  const { database, cluster } = place
  const find = async () => (await query(findDatabase(database)))[0]?.[0]
  let found = await find()
  if (found === undefined && isReadOnly) return place
  if (found === undefined) {
    await run(createDatabase(place))
    found = await find()
  }
  const engine = String(found)
  if (!ENGINES.has(engine)) {
    throw new AppError(
      'WAREHOUSE_FAILED',
      `The database ${JSON.stringify(database)} has the engine ${engine}, in which tables cannot change places.`,
      { hint: 'Load into a database with the engine Atomic, the standard of ClickHouse.' },
    )
  }
  const isReplicated = engine === 'Replicated' || cluster !== undefined
  return { ...place, engine: isReplicated ? 'ReplicatedMergeTree' : 'MergeTree' }
}
