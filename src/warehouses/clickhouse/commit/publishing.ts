/**
 * Publishes the working copies of a commit: each one takes the place of its table, and the row of
 * the ledger comes last. Before that, the comment of a table of our own, the unit, says which table
 * takes the place of which. So what was published without its row in the ledger can be taken back
 * exactly, by the next attempt or by the next load.
 */

import type { WriteStep } from '../../../loader/commit-unit.ts'
import { lit, sql, id, typeName, type Sql } from '../../sql.ts'
import { ServerError } from '../../server-error.ts'
import { insertFrom } from '../../merge-sql.ts'
import { lastLoadNumber } from '../../standard-sql.ts'
import { contentsOf, findTables, type NamedTable } from '../tables/catalog.ts'
import type { AttemptNames, HiddenNames } from './hidden-names.ts'
import { rowChunks } from '../rows/row-binary.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import {
  createTable,
  dropTable,
  dropTableLater,
  exchangeTables,
  insertBytes,
  onCluster,
  renameTable,
  selectColumns,
  type ClickhousePlace,
} from '../sql.ts'
import type { WorkingCopy } from './working-copies.ts'

/** A table and the copy that takes its place. */
interface PublishedTable extends Pick<WorkingCopy, 'table' | 'copy' | 'oldUuid'> {
  newUuid: string
}

/** The comment of a unit's table. */
interface JournalledUnit {
  ledger: string
  loadNumber: number
  tables: PublishedTable[]
}

export interface PublishingContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  insert: (statement: Sql, chunks: Iterable<Buffer>) => Promise<void>
  place: ClickhousePlace
}

export interface PublishedUnit {
  copies: readonly WorkingCopy[]
  /** The step that writes the ledger row; undefined for a unit without one. */
  ledgerStep: WriteStep | undefined
  loadNumber: number
  /** Throws when another load has taken over. */
  assertHeld: () => Promise<void>
  /** Called before the statement that makes the unit durable. */
  onCommit: () => void
}

function createUnit(place: ClickhousePlace, names: AttemptNames, unit: JournalledUnit): Sql {
  return sql`create table ${id(place.database, names.unit)}${onCluster(place)} (
  published UInt8
)
engine = ${typeName(place.engine)}
order by ()
comment ${lit(JSON.stringify(unit))}`
}

function replacedError(did: string, table: string): ServerError {
  const sentence = `Another program ${did} the table ${JSON.stringify(table)} during a commit.`
  return new ServerError('WAREHOUSE_FAILED', sentence, {
    failure: 'transient',
    hint: 'Let other programs write into tables of their own.',
  })
}

/** The copies with their identities. Throws when another program changed a table meanwhile. */
async function identify(
  { query, place: { database } }: PublishingContext,
  copies: readonly WorkingCopy[],
): Promise<PublishedTable[]> {
  const names = copies.map(({ table }) => table)
  const found = await findTables(query, database, names)
  const uuids = new Map(found.map(({ name, uuid }) => [name, uuid]))
  const contents = await contentsOf(query, database, names)
  return copies.map(({ table, copy, oldUuid, oldContent }) => {
    if (uuids.get(table) !== oldUuid) throw replacedError('replaced', table)
    if (contents.get(table) !== oldContent) throw replacedError('wrote into', table)
    return { table, copy, oldUuid, newUuid: uuids.get(copy) ?? '' }
  })
}

/** Returns when the unit is durable. Its old tables stay until `clear`. */
export async function publish(
  context: PublishingContext,
  names: AttemptNames,
  { copies, ledgerStep, loadNumber, assertHeld, onCommit }: PublishedUnit,
): Promise<void> {
  const { run, insert, place } = context
  const { database } = place
  const ledger = ledgerStep?.table ?? ''
  if (ledgerStep) {
    await run(createTable(place, names.row, ledgerStep))
    await insert(
      insertBytes([database, names.row], ledgerStep.columns),
      rowChunks(ledgerStep.columns, ledgerStep.rowCount),
    )
  }
  const tables = await identify(context, copies)
  await run(createUnit(place, names, { ledger, loadNumber, tables }))
  // A load that takes over from now on finds the unit. One that did so earlier is found here.
  await assertHeld()
  for (const { table, copy, oldUuid } of tables) {
    await run(
      oldUuid === undefined ? renameTable(place, copy, table) : exchangeTables(place, table, copy),
    )
  }
  onCommit()
  if (!ledgerStep) {
    // No row says later that the unit is complete: what has a unit's table is taken back.
    await run(dropTable(place, names.unit))
    return
  }
  const { columns } = ledgerStep
  await run(insertFrom([database, ledger], columns, selectColumns([database, names.row], columns)))
}

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
    if (!(await isCommitted(context, unit))) await takeBack(context, attempt, unit)
  }
  await clear(context, hidden, tokens)
}

async function isCommitted(
  { query, place }: PublishingContext,
  { ledger, loadNumber }: JournalledUnit,
): Promise<boolean> {
  const { database } = place
  const found = await findTables(query, database, [ledger])
  if (!found.some(({ name }) => name === ledger)) return false
  const [row] = await query(lastLoadNumber([database, ledger]))
  return Number(row?.[0] ?? 0) >= loadNumber
}

async function takeBack(
  context: PublishingContext,
  attempt: AttemptNames,
  { tables }: JournalledUnit,
): Promise<void> {
  for (const table of tables) await takeTableBack(context, attempt.undo(), table)
}

/** May be interrupted after each statement, and called again. */
async function takeTableBack(
  { query, run, place }: PublishingContext,
  undo: string,
  { table, oldUuid, newUuid }: PublishedTable,
): Promise<void> {
  const find = async (): Promise<NamedTable[]> => findTables(query, place.database, [table])
  // A late statement would find the other table by its name.
  const other = (await find()).find(
    ({ name, uuid }) => name !== table && (uuid === oldUuid || uuid === newUuid),
  )
  if (other) await run(renameTable(place, other.name, undo))
  const found = await find()
  if (!found.some(({ name, uuid }) => name === table && uuid === newUuid)) return
  if (other) await run(exchangeTables(place, table, undo))
  else if (oldUuid === undefined) await run(renameTable(place, table, undo))
}
