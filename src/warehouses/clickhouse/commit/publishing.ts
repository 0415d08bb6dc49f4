/**
 * Publishes the working copies of a commit: each one takes the place of its table, and the row of
 * the ledger comes last. Before that, the comment of a table of our own, the unit, says which table
 * takes the place of which. So what was published without its row in the ledger can be taken back
 * exactly, by the next attempt or by the next load: see `taking-back.ts`.
 */

import type { WriteStep } from '../../../loader/commit-unit.ts'
import type { Logger } from '../../../logger.ts'
import { lit, sql, id, typeName, type Sql } from '../../sql.ts'
import { ServerError } from '../../server-error.ts'
import { insertFrom } from '../../merge-sql.ts'
import { contentsOf, findTables } from '../tables/catalog.ts'
import type { AttemptNames } from './hidden-names.ts'
import { rowChunks } from '../rows/row-binary.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import {
  createTable,
  dropTable,
  exchangeTables,
  insertBytes,
  localPlace,
  onCluster,
  renameTable,
  selectColumns,
  type ClickhousePlace,
} from '../sql.ts'
import type { WorkingCopy } from './working-copies.ts'

/** A table and the copy that takes its place. */
export interface PublishedTable extends Pick<WorkingCopy, 'table' | 'copy' | 'oldUuid'> {
  newUuid: string
}

/** The comment of a unit's table. */
export interface JournalledUnit {
  ledger: string
  loadNumber: number
  /** Another load may write a row with the same number. */
  runId: string
  tables: PublishedTable[]
}

export interface PublishingContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  insert: (statement: Sql, chunks: Iterable<Buffer>) => Promise<void>
  place: ClickhousePlace
  logger: Logger
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

function runIdOf({ columns }: WriteStep): string {
  return String(columns.find(({ name }) => name === 'run_id')?.cells.at(0) ?? '')
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
    await run(createTable(localPlace(place), names.row, ledgerStep))
    await insert(
      insertBytes([database, names.row], ledgerStep.columns),
      rowChunks(ledgerStep.columns, ledgerStep.rowCount),
    )
  }
  const tables = await identify(context, copies)
  const runId = ledgerStep ? runIdOf(ledgerStep) : ''
  await run(createUnit(place, names, { ledger, loadNumber, runId, tables }))
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
