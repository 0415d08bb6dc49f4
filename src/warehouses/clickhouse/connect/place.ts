/** The database of the tables: found or created, and what kind of database it is. */

import { AppError } from '../../../errors.ts'
import { lit, sql, type Sql } from '../../sql.ts'
import type { ClickhouseQuery } from './session.ts'
import { createDatabase, findDatabase, type ClickhousePlace } from '../sql.ts'

interface PlaceContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  place: ClickhousePlace
}

/** The first microsecond of the year 1, which older servers print as another time. */
const FIRST_TIME = { micros: '-62135596800000000', text: '0001-01-01 00:00:00.000000' }

/** Throws WAREHOUSE_FAILED for a server that would show times of other years than were loaded. */
async function assertTimes(query: ClickhouseQuery): Promise<void> {
  const [row] = await query(
    sql`select toString(fromUnixTimestamp64Micro(toInt64(${lit(FIRST_TIME.micros)}), 'UTC')), version()`,
  )
  const [text, version] = row ?? []
  if (text === FIRST_TIME.text) return
  throw new AppError(
    'WAREHOUSE_FAILED',
    `ClickHouse ${String(version)} does not hold times of the years 1 to 9999.`,
    { hint: 'Update the server. ClickHouse 26.7 does.' },
  )
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
  await assertTimes(query)
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
