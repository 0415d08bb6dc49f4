/** Queries of the user, over a client of their own: its settings only read. */

import { ClickHouseError, type ClickHouseSettings } from '@clickhouse/client'
import {
  limitRows,
  type PrintedCell,
  type QueryRequest,
  type QueryResult,
  type ResultColumn,
} from '../../loader/query.ts'
import { notReading, refusedQuery } from '../query-errors.ts'
import { createConnection } from './connect/session.ts'
import type { ClickhouseUrl } from './url.ts'

/**
 * With `readonly`, the server refuses to write and to change a setting. Exact numbers come as
 * strings, and times in UTC.
 */
const SETTINGS: ClickHouseSettings = {
  date_time_output_format: 'iso',
  enable_time_time64_type: 1,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  readonly: '1',
  session_timezone: 'UTC',
  wait_end_of_query: 1,
}

function kindOf(type: string): ResultColumn['kind'] {
  const inner = type.replace(/^(?:LowCardinality\()?(?:Nullable\()?/, '')
  if (inner.startsWith('Bool')) return 'boolean'
  return /^(?:U?Int|B?Float|Decimal)/.test(inner) ? 'number' : 'text'
}

function printed(value: unknown): PrintedCell {
  if (value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A server sends one result, so two statements are an error. */
export async function runQuery(
  url: ClickhouseUrl,
  database: string,
  { text, maxRows, signal }: QueryRequest,
): Promise<QueryResult> {
  const client = createConnection(url, {
    database,
    settings: { ...SETTINGS, limit: String(maxRows + 1) },
  })
  try {
    const result = await client.query({
      query: text,
      format: 'JSONCompactEachRowWithNamesAndTypes',
      abort_signal: signal,
    })
    const [names = [], types = [], ...rows] = await result.json<unknown[]>()
    if (!Array.isArray(names)) throw notReading('The query has more than one result.')
    const columns = names.map((name, at) => ({
      name: String(name),
      kind: kindOf(String(types[at])),
    }))
    return limitRows(
      columns,
      rows.map((row) => row.map(printed)),
      maxRows,
    )
  } catch (cause) {
    throw cause instanceof ClickHouseError ? refusedQuery('ClickHouse', cause) : cause
  } finally {
    await client.close().catch(() => undefined)
  }
}
