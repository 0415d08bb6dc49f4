/**
 * PostgreSQL: one connection, one load into the same tables at a time, and one transaction for each
 * commit.
 */

import { cellsOf } from '../../loader/columns/cells.ts'
import { storedLoads } from '../../loader/commit/ledger.ts'
import type {
  PreviewRequest,
  QueryRequest,
  QueryResult,
  SummaryRequest,
  TableSummary,
} from '../../loader/query.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import { warnDatesOutOfRange, warnColumnInUse } from '../../loader/tables/evolve.ts'
import { findNamed } from '../../loader/tables/names.ts'
import { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import type {
  Content,
  FoundTable,
  FoundView,
  LastLoads,
  RowCounts,
  Warehouse,
  WarehouseOptions,
  WideningQuestion,
} from '../../loader/warehouse.ts'
import type { Column, CommitUnit } from '../../loader/commit-unit.ts'
import { assertCurrent } from '../assert-current.ts'
import { storedComments } from '../comment-sql.ts'
import { failureOf } from '../server-error.ts'
import { foundViews } from '../live-views.ts'
import { newestRows, summarizeRows, tableSummary } from '../row-queries.ts'
import { render, sql, STANDARD_STYLE } from '../sql.ts'
import { countRows, dropTable, findRow, lastLoads, rowCounts } from '../standard-sql.ts'
import type { PostgresConnection } from './connect/connection.ts'
import { assertLock } from './connect/lock.ts'
import * as settings from './connect/settings.ts'
import { foundTables, POSTGRES } from './dialect.ts'
import { wrapError } from './errors.ts'
import { findContent, findMovable } from './keys.ts'
import { runQuery, stoppable } from './query.ts'
import { PostgresSession } from './session.ts'
import { describeTables, loadedStreams, type PostgresTable } from './sql.ts'
import { describeViews } from './tables/stored-views.ts'
import type { ColumnChange } from './tables/probe.ts'
import { findUsers, holdsOutOfRange } from './tables/widening.ts'
import { parseUrl } from './url.ts'
import { PostgresWriter } from './writer.ts'

export function createWarehouse(options: WarehouseOptions): Warehouse {
  const url = parseUrl(options.url, process.env)
  options.logger.mask(url.password ?? '')
  for (const option of url.ignored) {
    const message = 'An option of `warehouse_url` has no effect here.'
    options.logger.info('url_option_ignored', message, { option })
  }
  return new PostgresWarehouse(options, new PostgresSession(options, url))
}

/** A unit that creates a table with one row in it. */
function checkUnit(table: string): CommitUnit {
  const column = { name: 'checked', type: { kind: 'boolean' as const } }
  const cells = cellsOf(column.type, [true])
  const step = {
    kind: 'write' as const,
    table,
    columns: [{ ...column, cells }],
    rowCount: 1,
    keys: [],
    deleteWhereSet: undefined,
  }
  return { changes: [{ kind: 'create-table', table, columns: [column] }], steps: [step] }
}

/**
 * Our wider types lose no value, except dates beyond the last timestamp. But objects may use the
 * column.
 */
async function isExact(
  session: PostgresSession,
  change: ColumnChange,
  logger: WarehouseOptions['logger'],
): Promise<boolean> {
  const { column, mayStay } = change
  const [, table] = change.table
  const users = await session.run(async (open) => findUsers(open, change), table)
  if (users.length > 0) {
    if (!mayStay) warnColumnInUse(logger, { table, column, users })
    return false
  }
  const isOutOfRange = await session.run(async (open) => holdsOutOfRange(open, change), table)
  if (isOutOfRange) warnDatesOutOfRange(logger, { table, column })
  return !isOutOfRange
}

class PostgresWarehouse implements Warehouse {
  readonly dialect = POSTGRES
  readonly classify = failureOf
  readonly #logger: WarehouseOptions['logger']
  readonly #session: PostgresSession
  readonly #warnings: VariantWarnings

  constructor({ logger }: WarehouseOptions, session: PostgresSession) {
    this.#logger = logger
    this.#session = session
    this.#warnings = new VariantWarnings(logger)
  }

  async open(): Promise<void> {
    await this.#session.open()
  }

  #name(table: string): PostgresTable {
    return [this.#session.tables.schema, table]
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    const statement = describeTables(this.#session.tables.schema, prefix)
    return foundTables(await this.#session.query(statement))
  }

  async describeViews(prefix: string): Promise<FoundView[]> {
    const statement = describeViews(this.#session.tables.schema, prefix)
    return foundViews(await this.#session.query(statement))
  }

  async isExact({ table, ...question }: WideningQuestion): Promise<boolean> {
    const change = { ...question, table: this.#name(table) }
    return isExact(this.#session, change, this.#logger)
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    const statement = findContent(this.#name(table), column, content)
    return (await this.#session.query(statement)).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    return (await this.#session.query(findMovable(this.#name(table), from, to))).length > 0
  }

  async findUsers(table: string, column: string, to: ColumnType): Promise<readonly string[]> {
    const change = { table: this.#name(table), column, to, mayStay: true }
    return this.#session.run(async (open) => findUsers(open, change), table)
  }

  async countRows(table: string, mark: string | undefined): Promise<RowCounts> {
    const [row] = await this.#session.query(countRows(this.#name(table), mark), table)
    return rowCounts(row)
  }

  async summarize(table: string, request: SummaryRequest): Promise<TableSummary> {
    const statement = summarizeRows(this.#name(table), request)
    const read = async (open: PostgresConnection) =>
      stoppable(open, request.signal, open.query(statement))
    const [row = []] = await this.#session.run(read, table)
    return tableSummary(row)
  }

  async preview(table: string, request: PreviewRequest): Promise<QueryResult> {
    const { text } = render(newestRows(this.#name(table), request), STANDARD_STYLE)
    return this.query({ ...request, text })
  }

  /** `last` runs after the unit's steps, in the same transaction. */
  async commit(
    unit: CommitUnit,
    last?: (connection: PostgresConnection) => Promise<void>,
  ): Promise<readonly number[]> {
    const retired: number[] = []
    let isCommitting = false
    try {
      const connection = await this.#session.connect()
      await this.#session.lockTables(connection, unit)
      await connection.query(settings.beginTransaction())
      await assertLock(connection, this.#session.tables)
      await assertCurrent(
        unit,
        async (statement) => connection.query(statement),
        (table) => this.#name(table),
      )
      const { tables, indexes } = this.#session
      const options = {
        schema: tables.schema,
        indexes,
        warnings: this.#warnings,
        logger: this.#logger,
      }
      const writer = new PostgresWriter(connection, options)
      await writer.evolve(unit.changes)
      for (const step of unit.steps) retired.push(await writer.apply(step))
      await last?.(connection)
      isCommitting = true
      await connection.query(sql`commit`)
      return retired
    } catch (cause) {
      this.#session.indexes.forget()
      if (!isCommitting) await this.#session.rollback()
      const hint = await this.#session.findHint(cause, { unit })
      throw wrapError(cause, { what: 'PostgreSQL refused a batch', isCommitting, hint })
    }
  }

  async recover(): Promise<void> {
    await this.#session.rollback()
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, POSTGRES)) return {}
    const rows = await this.#session.query(lastLoads(this.#name(ledgerTable)), ledgerTable)
    return storedLoads(rows)
  }

  async storedComments(ledgerTable: string): Promise<readonly string[]> {
    const rows = await this.#session.query(storedComments(this.#name(ledgerTable)), ledgerTable)
    return rows.map(([comments]) => String(comments))
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#session.query(loadedStreams(this.#name(ledgerTable)), ledgerTable)
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    return this.#session.run(async (open) => runQuery(open, this.#session.tables.schema, request))
  }

  /** PostgreSQL vacuums by itself. */
  async maintain(): Promise<undefined> {
    // Nothing to do.
  }

  /** Everything happens in one transaction, so no table is left behind. */
  async check(prefix: string): Promise<void> {
    const table = `${prefix}_sdc_check_${process.pid}`
    await this.commit(checkUnit(table), async (connection) => {
      await connection.query(findRow(this.#name(table)))
      await connection.query(dropTable(this.#name(table)))
    })
  }

  async close(): Promise<void> {
    await this.#session.close()
  }
}
