/** The part of a database that DuckDB writes which only reads. */

import { storedLoads } from '../../loader/commit/ledger.ts'
import type {
  PreviewRequest,
  QueryRequest,
  QueryResult,
  SummaryRequest,
  TableSummary,
} from '../../loader/query.ts'
import { findNamed } from '../../loader/tables/names.ts'
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
import type { Column } from '../../loader/commit-unit.ts'
import { foundViews } from '../live-views.ts'
import { newestRows, summarize, summarizeRows } from '../row-queries.ts'
import { storedComments } from '../comment-sql.ts'
import { countRows, lastLoads, rowCounts } from '../standard-sql.ts'
import { render, STANDARD_STYLE, type Sql } from '../sql.ts'
import { foundTables } from './dialect.ts'
import type { DuckdbEngine } from './engine.ts'
import { runQuery } from './query.ts'
import { describeViews } from './tables/catalog.ts'
import { findContent, findMovable } from './tables/keys.ts'
import { describeTables, loadedStreams, type DuckdbQuery, type DuckdbTable } from './sql.ts'
import { isExact } from './tables/widening.ts'

export interface DuckdbWarehouseOptions {
  engine: DuckdbEngine
  schema: string
  logger: WarehouseOptions['logger']
}

/** The text of a statement without parameters. */
function textOf(statement: Sql): string {
  return render(statement, STANDARD_STYLE).text
}

/** What needs no transaction. */
export class DuckdbReader {
  readonly dialect: Warehouse['dialect']
  readonly classify: Warehouse['classify']
  protected readonly options: DuckdbWarehouseOptions
  protected readonly engine: DuckdbEngine

  constructor(options: DuckdbWarehouseOptions) {
    this.options = options
    this.engine = options.engine
    this.dialect = this.engine.dialect
    this.classify = this.engine.classify
  }

  protected name(table: string): DuckdbTable {
    const spelled = this.engine.spell?.(table) ?? table
    return [this.engine.database.name, this.options.schema, spelled]
  }

  /** Throws our errors only. */
  async #read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw this.engine.wrap(cause, { what: `${this.engine.label} refused a query` })
    }
  }

  readonly #query: DuckdbQuery = async (statement: Sql) =>
    this.#read(async () => this.engine.database.query(statement))

  async describe(prefix: string): Promise<FoundTable[]> {
    const { database, storageOf, describe } = this.engine
    const { schema } = this.options
    if (describe) return this.#read(async () => describe(schema, prefix))
    const statement = describeTables(database.name, schema, prefix)
    return foundTables(await this.#query(statement), storageOf)
  }

  async describeViews(prefix: string): Promise<FoundView[]> {
    const { database } = this.engine
    return foundViews(await this.#query(describeViews(database.name, this.options.schema, prefix)))
  }

  async isExact(question: WideningQuestion): Promise<boolean> {
    const { table, column } = question
    const found = findNamed(await this.describe(table), table, this.dialect)
    const known = found && findNamed(found.columns, column, this.dialect)
    // A table or column that does not exist yet has no values to lose.
    if (!known) return true
    const change = { ...question, name: this.name(table), from: known.type }
    return this.#read(async () => isExact(this.engine, change, this.options.logger))
  }

  async holds(table: string, column: Column, content: Content): Promise<boolean> {
    return (await this.#query(findContent(this.name(table), column, content))).length > 0
  }

  async canMove(table: string, from: Column, to: Column): Promise<boolean> {
    return (await this.#query(findMovable(this.name(table), from, to))).length > 0
  }

  async findUsers(table: string, column: string): Promise<readonly string[]> {
    return this.#read(async () => this.engine.findUsers(this.name(table), column))
  }

  async countRows(table: string, mark: string | undefined): Promise<RowCounts> {
    const [row] = await this.#query(countRows(this.name(table), mark))
    return rowCounts(row)
  }

  async lastLoads(ledgerTable: string): Promise<LastLoads> {
    if (!findNamed(await this.describe(ledgerTable), ledgerTable, this.dialect)) return {}
    return storedLoads(await this.#query(lastLoads(this.name(ledgerTable))))
  }

  async storedComments(ledgerTable: string): Promise<readonly string[]> {
    const rows = await this.#query(storedComments(this.name(ledgerTable)))
    return rows.map(([comments]) => String(comments))
  }

  async loadedStreams(ledgerTable: string): Promise<ReadonlySet<string>> {
    const rows = await this.#query(loadedStreams(this.name(ledgerTable)))
    return new Set(rows.map(([stream]) => String(stream)))
  }

  async summarize(table: string, request: SummaryRequest): Promise<TableSummary> {
    const text = textOf(summarizeRows(this.name(table), request))
    return summarize(async (query) => this.query(query), text, request)
  }

  async preview(table: string, request: PreviewRequest): Promise<QueryResult> {
    const text = textOf(newestRows(this.name(table), request))
    return this.query({ ...request, text })
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    return this.#read(async () => runQuery(this.engine, this.options.schema, request))
  }
}
