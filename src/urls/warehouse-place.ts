/** Names a warehouse for a person: where it is, without user, password and options. */

import { decodePercent } from './percent-decoding.ts'
import {
  afterScheme,
  hasServerCatalog,
  isWarehouseScheme,
  schemeOf,
  splitDuckdbUrl,
  type WarehouseScheme,
} from './warehouse-urls.ts'

const LABELS: Readonly<Record<WarehouseScheme, string>> = {
  clickhouse: 'ClickHouse',
  duckdb: 'DuckDB',
  ducklake: 'DuckLake',
  iceberg: 'Iceberg',
  postgres: 'PostgreSQL',
  postgresql: 'PostgreSQL',
}

/** `analytics on db.example.com:5432`. A socket has no host in its URL. */
function databaseOnHost(url: string, defaultName = ''): string {
  if (!URL.canParse(url)) return ''
  const { host, pathname, searchParams } = new URL(url)
  const inUrl = searchParams.get('dbname') ?? decodePercent(pathname.slice(1))
  const database = inUrl === '' ? defaultName : inUrl
  const server = host === '' ? (searchParams.get('host') ?? '') : host
  return [database === '' ? '' : `database ${database}`, server]
    .filter((part) => part !== '')
    .join(' on ')
}

function lakePlace(url: string, showPath: (path: string) => string): string {
  if (hasServerCatalog(url)) return databaseOnHost(afterScheme(url))
  return showPath(splitDuckdbUrl(url).path)
}

function catalogPlace(url: string): string {
  const [location = '', query = ''] = afterScheme(url).split('?', 2)
  const warehouse = new URLSearchParams(query).get('warehouse')
  const { host, pathname } = URL.canParse(location) ? new URL(location) : { host: '', pathname: '' }
  return `${warehouse === null ? '' : `warehouse ${warehouse} of `}${host}${pathname}`
}

/**
 * Such as `PostgreSQL, database analytics on db.example.com`, or `DuckDB, cio.duckdb`.
 * @param showPath turns the path of a file in the URL into the one that a person is shown
 */
export function warehousePlace(url: string, showPath: (path: string) => string): string {
  const scheme = schemeOf(url)
  if (!isWarehouseScheme(scheme)) return scheme
  const places: Readonly<Record<WarehouseScheme, () => string>> = {
    clickhouse: () => databaseOnHost(url, 'default'),
    duckdb: () => showPath(splitDuckdbUrl(url).path),
    ducklake: () => lakePlace(url, showPath),
    iceberg: () => catalogPlace(url),
    postgres: () => databaseOnHost(url),
    postgresql: () => databaseOnHost(url),
  }
  return `${LABELS[scheme]}, ${places[scheme]()}`
}
