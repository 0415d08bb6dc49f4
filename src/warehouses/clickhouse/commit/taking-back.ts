/** Takes back what was published without its row in the ledger, and removes hidden tables. */

import { id, lit, sql, type Sql } from '../../sql.ts'
import { findRowWhere } from '../../standard-sql.ts'
import { dropTable, dropTableLater, exchangeTables, renameTable } from '../sql.ts'
import { findTables, type NamedTable } from '../tables/catalog.ts'
import type { AttemptNames, HiddenNames } from './hidden-names.ts'
import type { JournalledUnit, PublishedTable, PublishingContext } from './publishing.ts'

/** Removes the hidden tables of attempts; of all attempts unless their tokens are given. */
export async function clear(
  { query, run, place }: PublishingContext,
  hidden: HiddenNames,
  tokens?: ReadonlySet<string>,
): Promise<void> {
  const found = await findTables(query, place.database)
  const ours = found
    .map(({ name }) => ({ name, attempt: hidden.attemptOf(name) }))
    .filter(({ attempt }) => attempt && (tokens?.has(attempt.token) ?? true))
  // The unit last: while it exists, the next load knows what belongs to what.
  const isUnit = ({ name, attempt }: (typeof ours)[number]) => name === attempt?.unit
  for (const { name } of ours.toSorted((a, b) => Number(isUnit(a)) - Number(isUnit(b)))) {
    await run(dropTableLater(place, name))
  }
}

function parseUnit(comment: string): JournalledUnit {
  const unit = JSON.parse(comment) as JournalledUnit
  return { ...unit, tables: unit.tables.map((table) => ({ ...table })) }
}

/**
 * Takes back what attempts published without their row in the ledger, and removes what they left.
 * First it puts what they would still publish out of their reach. It does so for all attempts
 * unless their tokens are given.
 */
export async function settle(
  context: PublishingContext,
  hidden: HiddenNames,
  tokens?: ReadonlySet<string>,
): Promise<void> {
  const { query, run, place } = context
  for (const { name, comment } of await findTables(query, place.database)) {
    const attempt = hidden.attemptOf(name)
    if (name !== attempt?.unit || tokens?.has(attempt.token) === false) continue
    const unit = parseUnit(comment)
    // Waits for a statement that copies the row into the ledger at this moment.
    await run(dropTable(place, attempt.row))
    if (await isCommitted(context, unit)) continue
    for (const table of unit.tables) await takeTableBack(context, { hidden, attempt, table })
  }
  await clear(context, hidden, tokens)
}

/** One row when the ledger has the row of the unit, and not one of another load. */
export function findLoad(
  database: string,
  { ledger, loadNumber, runId }: Pick<JournalledUnit, 'ledger' | 'loadNumber' | 'runId'>,
): Sql {
  const isSame = sql`${id('load_number')} = ${lit(loadNumber)} and ${id('run_id')} = ${lit(runId)}`
  return findRowWhere([database, ledger], isSame)
}

async function isCommitted(
  { query, place: { database } }: PublishingContext,
  unit: JournalledUnit,
): Promise<boolean> {
  const found = await findTables(query, database, [unit.ledger])
  if (!found.some(({ name }) => name === unit.ledger)) return false
  return (await query(findLoad(database, unit))).length > 0
}

interface TakenTable {
  hidden: HiddenNames
  attempt: AttemptNames
  table: PublishedTable
}

/** May be interrupted after each statement, and called again. */
async function takeTableBack(context: PublishingContext, taken: TakenTable): Promise<void> {
  const { query, run, place } = context
  const { hidden, attempt } = taken
  const { table, oldUuid, newUuid } = taken.table
  const undo = attempt.undo()
  const find = async (): Promise<NamedTable[]> => findTables(query, place.database, [table])
  // A table of another attempt is that attempt's business, whatever it holds.
  const isOurs = (name: string) => hidden.attemptOf(name)?.token === attempt.token
  // A late statement would find the other table by its name.
  const other = (await find()).find(
    ({ name, uuid }) => isOurs(name) && (uuid === oldUuid || uuid === newUuid),
  )
  if (other) await run(renameTable(place, other.name, undo))
  const current = (await find()).find(({ name }) => name === table)
  if (current?.uuid === newUuid) {
    if (other) await run(exchangeTables(place, table, undo))
    else if (oldUuid === undefined) await run(renameTable(place, table, undo))
    else warnKept(context, table, 'the table that they replaced is missing')
  } else if (current && other && other.uuid === oldUuid) {
    warnKept(context, table, 'another program has replaced it since')
  }
}

function warnKept({ logger }: PublishingContext, table: string, reason: string): void {
  const message = `The table ${JSON.stringify(table)} may hold rows of an incomplete commit. They cannot be taken back, because ${reason}.`
  logger.warn('commit_not_taken_back', message, { table })
}
