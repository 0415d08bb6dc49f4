/**
 * A database of a ClickHouse server. It has no transactions: a commit works on copies of its
 * tables, which take the place of the tables at its end, and the row of the ledger comes last.
 */

import { storedLoads } from '../../loader/commit/ledger.ts'
import type {
  PreviewRequest,
  QueryRequest,
  QueryResult,
  SummaryRequest,
  TableSummary,
} from '../../loader/query.ts'
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
import type { Column, CommitUnit, Step, WriteStep } from '../../loader/commit-unit.ts'
import { warehouseKindOf } from '../../urls/warehouse-urls.ts'
import { retryOpening } from '../opening.ts'
import { failureOf } from '../server-error.ts'
import { foundViews } from '../live-views.ts'
import { newestRows, summarize, summarizeRows } from '../row-queries.ts'
import { storedComments } from '../comment-sql.ts'
import { countRows, rowCounts } from '../standard-sql.ts'
import { Commits } from './commit/commits.ts'
import { CLICKHOUSE, foundTables } from './dialect.ts'
import { CLICKHOUSE_COMMIT, Stages } from './rows/stages.ts'
import { checkTables } from './connect/check.ts'
import { tlsFailure } from './connect/connection-errors.ts'
import { wrapError } from './errors.ts'
import { HiddenNames } from './commit/hidden-names.ts'
import { findContent, findMovable } from './tables/keys.ts'
import { TableLock } from './connect/lock.ts'
import { openPlace } from './connect/place.ts'
import type { PublishingContext } from './commit/publishing.ts'
import { settle } from './commit/taking-back.ts'
import { runQuery } from './query.ts'
import { ClickhouseSession } from './connect/session.ts'
import {
  describeTables,
  describeViews,
  lastLoads,
  loadedStreams,
  type ClickhousePlace,
  type ClickhouseTable,
} from './sql.ts'
import { textOf } from './style.ts'
import { parseUrl, type ClickhouseUrl } from './url.ts'
import { findUsers, isExact } from './tables/widening.ts'

export function createWarehouse(options: WarehouseOptions): Warehouse {
  return new ClickhouseWarehouse(options, parseUrl(options.url, process.env))
}

class ClickhouseWarehouse implements Warehouse {
  readonly dialect = CLICKHOUSE
  readonly classify = failureOf
  readonly #options: WarehouseOptions
  readonly #url: ClickhouseUrl
  readonly #session: ClickhouseSession
  readonly #hidden: HiddenNames
  readonly #lock: TableLock
  readonly #commits: Commits
  readonly #stages: Stages
  readonly commitSize = CLICKHOUSE_COMMIT
  #place: ClickhousePlace

  constructor(options: WarehouseOptions, url: ClickhouseUrl) {
    this.#options = options
    this.#url = url
    this.#session = new ClickhouseSession(url)
    this.#hidden = new HiddenNames(options.tablePrefix)
    const database = options.schema ?? warehouseKindOf(options.url).defaultSchema
    this.#place = { database, cluster: url.cluster, engine: 'MergeTree' }
    const { query, run } = this.#session
    this.#lock = new TableLock({
      query,
      run,
      place: () => this.#place,
      name: this.#hidden.lock,
      prefix: options.tablePrefix,
      waitMs: url.lockWaitMs,
      logger: options.logger,
      signal: options.signal,
    })
    this.#stages = new Stages(() => this.#context, this.#hidden.attempt())
    this.#commits = new Commits({
      stages: this.#stages,
      context: () => this.#context,
      hidden: this.#hidden,
      lock: this.#lock,
      warnings: new VariantWarnings(options.logger),
      logger: options.logger,
    })
  }

  get #context(): PublishingContext {
    const { query, run } = this.#session
    const insert: PublishingContext['insert'] = async (statement, chunks) =>
      this.#session.insert(statement, chunks)
    return { query, run, insert, place: this.#place, logger: this.#options.logger }
  }

  async open(): Promise<void> {
    const server = `${this.#url.host}:${this.#url.port}`
    await retryOpening(async () => {
      try {
        await this.#open()
      } catch (cause) {
        const failure = cause instanceof Error ? tlsFailure(cause, server) : undefined
        throw failure ?? wrapError(cause, { what: `ClickHouse at ${server} could not be opened` })
      }
    }, this.#options)
  }

  async #open(): Promise<void> {
    const { isReadOnly } = this.#options
    this.#place = await openPlace(this.#context, isReadOnly)
    if (isReadOnly) return
    await this.#lock.take()
    await settle(this.#context, this.#hidden)
  }

  #name(table: string): ClickhouseTable {
    return [this.#place.database, table]
  }

  /** Runs queries of planning. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw wrapError(cause, { what: 'ClickHouse refused a query' })
    }
  }

  async describe(prefix: string): Promise<FoundTable[]> {
    const statement = describeTables(this.#place.database, prefix)
    return foundTables(await this.#ask(async () => this.#session.query(statement)))
  }

  async describeViews(prefix: string): Promise<FoundView[]> {
    const statement = describeViews(this.#place.database, prefix)
    return foundViews(await this.#ask(async () => this.#session.query(statement)))
  }

  async isExact(question: WideningQuestion): Promise<boolean> {
    const { table, column } = question
    const found = findNamed(await this.describe(table), table, this.dialect)
    const known = found && findNamed(found.columns, column, this.dialect)
    // A table or column that does not exist yet has no values to lose.
    if (!known) return true
    const change = { ...question, name: this.#name(table), from: known.type }
    const { query } = this.#session
    return this.#ask(async () => isExact(query, change, this.#options.logger))
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    const statement = findContent(this.#name(table), column, content)
    return (await this.#ask(async () => this.#session.query(statement))).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    const statement = findMovable(this.#name(table), from, to)
    return (await this.#ask(async () => this.#session.query(statement))).length > 0
  }

  async findUsers(table: string, column: string): Promise<readonly string[]> {
    return this.#ask(async () => findUsers(this.#session.query, this.#name(table), column))
  }

  async countRows(table: string, mark: string | undefined): Promise<RowCounts> {
    const statement = countRows(this.#name(table), mark)
    const [row] = await this.#ask(async () => this.#session.query(statement))
    return rowCounts(row)
  }

  async summarize(table: string, request: SummaryRequest): Promise<TableSummary> {
    const text = textOf(summarizeRows(this.#name(table), request))
    return summarize(async (query) => this.query(query), text, request)
  }

  async preview(table: string, request: PreviewRequest): Promise<QueryResult> {
    return this.query({ ...request, text: textOf(newestRows(this.#name(table), request)) })
  }

  async commit(unit: CommitUnit): Promise<readonly number[]> {
    return this.#commits.commit(unit)
  }

  async stage(step: WriteStep, earlier?: WriteStep): Promise<WriteStep | undefined> {
    return this.#stages.take(step, earlier)
  }

  async release(steps: readonly Step[]): Promise<void> {
    await this.#stages.free(steps)
  }

  async recover(): Promise<void> {
    // Each request is a session of its own.
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    return this.#ask(async () => {
      await this.#commits.settle()
      const { query } = this.#session
      const found = await query(describeTables(this.#place.database, ledgerTable))
      if (!found.some(([name]) => name === ledgerTable)) return {}
      return storedLoads(await query(lastLoads(this.#name(ledgerTable))))
    })
  }

  async storedComments(ledgerTable: string): Promise<readonly string[]> {
    const statement = storedComments(this.#name(ledgerTable))
    const rows = await this.#ask(async () => this.#session.query(statement))
    return rows.map(([comments]) => String(comments))
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const statement = loadedStreams(this.#name(ledgerTable))
    const rows = await this.#ask(async () => this.#session.query(statement))
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    return this.#ask(async () => runQuery(this.#url, this.#place.database, request))
  }

  /** ClickHouse merges parts by itself. */
  async maintain(): Promise<undefined> {
    // Nothing to do.
  }

  async check(prefix: string): Promise<void> {
    try {
      await checkTables(this.#context, `${prefix}_sdc_check_${process.pid}`)
    } catch (cause) {
      throw wrapError(cause, { what: 'ClickHouse refused to create, fill, read and drop a table' })
    }
  }

  async close(): Promise<void> {
    await this.#commits.settle().catch(() => undefined)
    await this.#stages.close()
    await this.#lock.release()
    await this.#session.close().catch(() => undefined)
  }
}
