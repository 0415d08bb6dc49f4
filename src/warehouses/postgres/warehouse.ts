/** PostgreSQL: one connection, one load into a schema's tables at a time, everything of a commit in one transaction. */

import { AppError } from '../../errors.ts'
import { cellsOf } from '../../loader/columns/cells.ts'
import { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import { warnDatesOutOfRange, warnColumnInUse } from '../../loader/tables/evolve.ts'
import { id, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type {
  Column,
  CommitUnit,
  Content,
  FoundTable,
  LastLoads,
  Warehouse,
  WarehouseOptions,
  WideningQuestion,
  WriteStep,
} from '../../loader/warehouse.ts'
import { findNamed } from '../../loader/tables/names.ts'
import { storedLoads } from '../../loader/commit/ledger.ts'
import { assertNextLoad } from '../../loader/run-start.ts'
import { PostgresConnection, type Row } from './connect/connection.ts'
import { foundTables, POSTGRES } from './dialect.ts'
import { classifyError, wrapError, type ErrorContext } from './errors.ts'
import { findHint, type Failed } from './tables/hints.ts'
import { findContent, findMovable } from './keys.ts'
import { assertLock, takeTableLock, type LockedTables, type LockWait } from './connect/lock.ts'
import { retryOpening } from './connect/opening.ts'
import * as session from './connect/session.ts'
import * as statements from './sql.ts'
import type { TableName } from './sql.ts'
import { refusePooling } from './connect/pooler.ts'
import { assertSchema } from './tables/schema.ts'
import { parseUrl, type PostgresUrl } from './url.ts'
import { findUsers, holdsTimeless } from './tables/widening.ts'
import { Writer } from './writer.ts'

const DEFAULT_SCHEMA = 'public'
const MIN_SERVER_VERSION = 120_000

export function createWarehouse(options: WarehouseOptions): Warehouse {
  return new PostgresWarehouse(options)
}

class PostgresWarehouse implements Warehouse {
  readonly dialect = POSTGRES
  readonly classify = classifyError
  readonly #options: WarehouseOptions
  readonly #url: PostgresUrl
  #schema: string | undefined
  #connection: PostgresConnection | undefined
  /** Tables whose keys are indexed, as far as it could be done: true where there is an index. */
  #indexed = new Map<string, boolean>()
  #lockedTables = new Set<string>()
  readonly #besideLog: VariantWarnings

  constructor(options: WarehouseOptions) {
    this.#options = options
    this.#url = parseUrl(options.url, process.env)
    this.#schema = options.schema
    this.#besideLog = new VariantWarnings(options.logger)
    options.logger.mask(this.#url.password ?? '')
    for (const option of this.#url.ignored)
      options.logger.info(
        'url_option_ignored',
        'An option of `warehouse_url` has no effect here.',
        { option },
      )
  }

  async open(): Promise<void> {
    const { host, port, database } = this.#url
    const what = `The PostgreSQL database ${database} at ${host}:${port} could not be opened`
    await retryOpening(() => this.#attempting(what, () => this.#connect()), this.#options)
  }

  get #tables(): LockedTables {
    return { schema: this.#schema ?? DEFAULT_SCHEMA, prefix: this.#options.tablePrefix }
  }

  get #lockWait(): LockWait {
    const { logger, signal } = this.#options
    return { waitMs: this.#url.lockWaitMs, logger, signal }
  }

  get #context(): ErrorContext {
    const { user, database } = this.#url
    return { schema: this.#tables.schema, user, database }
  }

  async #attempting<T>(what: string, work: () => Promise<T>, table?: string): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw wrapError(cause, { what, hint: await this.#hint(cause, { table }) })
    }
  }

  async #hint(cause: unknown, about: Pick<Failed, 'unit' | 'table'>): Promise<string | undefined> {
    return findHint(cause, { connection: this.#connection, context: this.#context, ...about })
  }

  async #connect(): Promise<PostgresConnection> {
    if (this.#connection && !this.#connection.isLost) return this.#connection
    await this.#connection?.close()
    this.#connection = undefined
    const connection = await PostgresConnection.open(this.#url, this.#options.signal)
    try {
      await this.#prepare(connection)
    } catch (error) {
      await connection.close()
      throw error
    }
    this.#indexed = new Map()
    this.#lockedTables = new Set()
    this.#connection = connection
    return connection
  }

  async #prepare(connection: PostgresConnection): Promise<void> {
    const { isReadOnly } = this.#options
    await refusePooling(connection, async (signal) => PostgresConnection.open(this.#url, signal))
    const [row] = await connection.query(session.findSession())
    const [schema, version, synchronousCommit] = row ?? []
    if (!(Number(version) >= MIN_SERVER_VERSION)) {
      throw new AppError(
        'WAREHOUSE_FAILED',
        `The PostgreSQL server is older than version 12 (server_version_num ${version}).`,
      )
    }
    this.#schema ??= schema ?? DEFAULT_SCHEMA
    assertSchema(this.#schema)
    await connection.query(session.forceSettings())
    for (const statement of session.forceByServer(Number(version), synchronousCommit ?? null)) {
      await connection.query(statement)
    }
    if (isReadOnly) await connection.query(session.forceReadOnly())
    else await takeTableLock(connection, this.#tables, this.#lockWait)
  }

  #name(table: string): TableName {
    return [this.#tables.schema, table]
  }

  /** By the connection that is there, or by a new one where it was lost. */
  async #asking<T>(
    ask: (connection: PostgresConnection) => Promise<T>,
    table?: string,
  ): Promise<T> {
    const work = async () => ask(await this.#connect())
    return this.#attempting('PostgreSQL refused a question', work, table)
  }

  async #read(statement: Sql, table?: string): Promise<Row[]> {
    return this.#asking(async (connection) => connection.query(statement), table)
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    return foundTables(await this.#read(statements.describeTables(this.#tables.schema, prefix)))
  }

  /** No type that we widen to loses a value, dates far in the future apart; but something else may hold on to the column. */
  async isExact({ table, column, to, mayStay }: WideningQuestion): Promise<boolean> {
    const change = { table: this.#name(table), column, to, mayStay }
    const users = await this.#asking(async (connection) => findUsers(connection, change), table)
    if (users.length === 0) {
      const ask = async (connection: PostgresConnection) => holdsTimeless(connection, change)
      const isTimeless = await this.#asking(ask, table)
      if (isTimeless) warnDatesOutOfRange(this.#options.logger, { table, column })
      return !isTimeless
    }
    if (mayStay) return false
    warnColumnInUse(this.#options.logger, { table, column, users })
    return false
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    return (await this.#read(findContent(this.#name(table), column, content))).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    return (await this.#read(findMovable(this.#name(table), from, to))).length > 0
  }

  async findUsers(table: string, column: string, to: ColumnType): Promise<readonly string[]> {
    const change = { table: this.#name(table), column, to, mayStay: true }
    return this.#asking(async (connection) => findUsers(connection, change), table)
  }

  async countRows(table: string): Promise<number> {
    const [row] = await this.#read(statements.countRows(this.#name(table)), table)
    return Number(row?.[0])
  }

  async commit(unit: CommitUnit): Promise<readonly number[]> {
    return this.#transact(unit)
  }

  /** `last` comes behind the unit's steps, in the same transaction. */
  async #transact(
    unit: CommitUnit,
    last?: (connection: PostgresConnection) => Promise<void>,
  ): Promise<readonly number[]> {
    const retired: number[] = []
    let isCommitting = false
    try {
      const connection = await this.#connect()
      await this.#lockTables(connection, unit)
      await connection.query(session.beginTransaction())
      await this.#assertCurrent(connection, unit)
      const writer = new Writer(connection, {
        schema: this.#tables.schema,
        indexed: this.#indexed,
        besideLog: this.#besideLog,
      })
      await writer.evolve(unit.changes)
      for (const step of unit.steps) retired.push(await writer.apply(step))
      await last?.(connection)
      isCommitting = true
      await connection.query(sql`commit`)
      return retired
    } catch (cause) {
      this.#indexed = new Map()
      if (!isCommitting) await this.#rollback()
      const hint = await this.#hint(cause, { unit })
      throw wrapError(cause, { what: 'PostgreSQL refused a batch', isCommitting, hint })
    }
  }

  /** In one order for all loads; each is kept until the connection ends. */
  async #lockTables(connection: PostgresConnection, { changes, steps }: CommitUnit): Promise<void> {
    const tables = new Set([...changes, ...steps].map(({ table }) => table))
    for (const table of [...tables].toSorted()) {
      if (this.#lockedTables.has(table)) continue
      await takeTableLock(connection, { schema: this.#tables.schema, table }, this.#lockWait)
      this.#lockedTables.add(table)
    }
  }

  async #rollback(): Promise<void> {
    if (!this.#connection || this.#connection.isLost) return
    await this.#connection.query(sql`rollback`).catch(() => undefined)
  }

  /** A load whose connection was lost may have been overtaken by another one, and must not write what is older. */
  async #assertCurrent(
    connection: PostgresConnection,
    { ledger, changes }: CommitUnit,
  ): Promise<void> {
    await assertLock(connection, this.#tables)
    if (!ledger) return
    const isNew = changes.some(
      (change) => change.kind === 'create-table' && change.table === ledger.table,
    )
    if (isNew) return
    const [row] = await connection.query(statements.lastLoadNumber(this.#name(ledger.table)))
    assertNextLoad(ledger, row?.[0])
  }

  /** The next question or commit opens a new connection where the old one is gone. */
  async recover(): Promise<void> {
    await this.#rollback()
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, POSTGRES)) return {}
    const rows = await this.#read(statements.lastLoads(this.#name(ledgerTable)), ledgerTable)
    return storedLoads(rows)
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#read(statements.loadedStreams(this.#name(ledgerTable)), ledgerTable)
    return new Set(rows.map(([stream]) => String(stream)))
  }

  /** All of it in one transaction: whatever happens, no table stays behind. */
  async check(prefix: string): Promise<void> {
    const table = `${prefix}_sdc_check_${process.pid}`
    const columns = [{ name: 'checked', type: { kind: 'boolean' as const } }]
    const step: WriteStep = {
      kind: 'write',
      table,
      columns: columns.map((column) => ({ ...column, cells: cellsOf(column.type, [true]) })),
      rowCount: 1,
      keys: [],
      deleteWhereSet: undefined,
    }
    const unit: CommitUnit = { changes: [{ kind: 'create-table', table, columns }], steps: [step] }
    await this.#transact(unit, async (connection) => {
      await connection.query(statements.findRow(this.#name(table)))
      await connection.query(sql`drop table ${id(...this.#name(table))}`)
    })
  }

  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }
}
