/** Queries of the user on a database that is open for reading only. */

import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import {
  limitRows,
  type PrintedCell,
  type QueryRequest,
  type QueryResult,
  type ResultColumn,
} from '../../loader/query.ts'
import { missingWarehouse, notReading, refusedQuery } from '../query-errors.ts'
import { id, sql, type Sql } from '../sql.ts'
import { DuckDBTimestampTZValue, DuckDBTypeId, StatementType } from './connect/driver.ts'
import type { DuckdbEngine } from './engine.ts'
import { messageOf } from './errors.ts'

const NUMBERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
])

/** The whole message of the driver for a text without a statement. */
const NO_STATEMENT = 'Error in native callback'

/**
 * The database refuses to be written. Other statements could write elsewhere: a file, or another
 * database. EXPLAIN ANALYZE runs its statement.
 */
const READING = new Set([StatementType.SELECT, StatementType.EXPLAIN])

/** Functions of extensions that write although a SELECT calls them. */
const WRITERS =
  /\b(?:ducklake_(?:add|cleanup|delete|expire|flush|merge|rewrite|set)\w*|postgres_(?:execute|query))\b/i

/** Names without a schema are those of the target. */
export function useSchema(database: string, schema: string): Sql {
  return sql`use ${id(database, schema)}`
}

function isReading({ statementType }: DuckDBPreparedStatement, text: string): boolean {
  const isExplain = statementType === StatementType.EXPLAIN
  return (
    READING.has(statementType) &&
    !(isExplain && /\banaly[sz]e\b/i.test(text)) &&
    !WRITERS.test(text)
  )
}

function kindOf(typeId: DuckDBTypeId): ResultColumn['kind'] {
  if (typeId === DuckDBTypeId.BOOLEAN) return 'boolean'
  return NUMBERS.has(typeId) ? 'number' : 'text'
}

function printed(value: DuckDBValue): PrintedCell {
  return value === null ? null : String(value)
}

async function prepare(
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(text).catch((cause: unknown) => {
    throw messageOf(cause) === NO_STATEMENT ? notReading('The query has no statement.') : cause
  })
  if (statements.count !== 1) throw notReading(`The query has ${statements.count} statements.`)
  const statement = await statements.prepare(0)
  if (!isReading(statement, text)) throw notReading('The query does not only read.')
  return statement
}

/** Reads chunks until there is one row too many, so that the rest is never computed. */
async function readRows(statement: DuckDBPreparedStatement, maxRows: number): Promise<QueryResult> {
  const result = await statement.stream()
  const names = result.columnNames()
  const columns = names.map((name, at) => ({ name, kind: kindOf(result.columnTypeId(at)) }))
  const rows: PrintedCell[][] = []
  while (rows.length <= maxRows) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) break
    rows.push(...chunk.getRows().map((row) => row.map(printed)))
  }
  return limitRows(columns, rows, maxRows)
}

/** Runs the query with the schema as the default one. Ends it when the signal is aborted. */
export async function runQuery(
  { database, label }: Pick<DuckdbEngine, 'database' | 'label'>,
  schema: string,
  { text, maxRows, signal }: QueryRequest,
): Promise<QueryResult> {
  const [isOpen] = await database.query(sql`select 1`)
  if (!isOpen) throw missingWarehouse()
  const { connection } = database
  // By default, the driver prints times in the zone of the machine.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0
  const interrupt = () => connection.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    await database.query(useSchema(database.name, schema))
    return await readRows(await prepare(connection, text), maxRows)
  } catch (cause) {
    if (cause instanceof AppError || !(cause instanceof Error)) throw cause
    throw refusedQuery(label, cause)
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}
