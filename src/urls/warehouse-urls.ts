/**
 * Facts that a `warehouse_url` states before any connection is opened. The loader, the runner and
 * the warehouses share them, so that nobody else parses a URL for them.
 */

import { decodePercent } from './percent-decoding.ts'

/** Facts about one kind of warehouse. */
export interface WarehouseKind {
  /** The schema for tables when neither the settings nor the database name one. */
  defaultSchema: string
  /** True when only one process can write to the database at a time. */
  takesOneWriter: boolean
  /** True when `Id` and `id` are two names. */
  isCaseSensitive: boolean
}

const DUCKDB_KIND: WarehouseKind = {
  defaultSchema: 'main',
  takesOneWriter: true,
  isCaseSensitive: false,
}

const POSTGRES_KIND: WarehouseKind = {
  defaultSchema: 'public',
  takesOneWriter: false,
  isCaseSensitive: true,
}

/** The database of the URL takes the place of the default schema. */
const CLICKHOUSE_KIND: WarehouseKind = {
  defaultSchema: 'default',
  takesOneWriter: false,
  isCaseSensitive: true,
}

/** A lake whose catalog is a file. */
const LAKE_FILE_KIND: WarehouseKind = { ...DUCKDB_KIND }

/** A lake with its catalog in PostgreSQL: loads into different tables may run at once. */
const LAKE_SERVER_KIND: WarehouseKind = { ...DUCKDB_KIND, takesOneWriter: false }

/**
 * A catalog that any number of loads change at once. Trino and others ignore the case of names. For
 * DuckDB, `main` means no namespace.
 */
const ICEBERG_KIND: WarehouseKind = {
  defaultSchema: 'public',
  takesOneWriter: false,
  isCaseSensitive: false,
}

/** The kind of warehouse by the scheme of its URL. */
export const WAREHOUSE_KINDS = {
  clickhouse: CLICKHOUSE_KIND,
  duckdb: DUCKDB_KIND,
  ducklake: LAKE_FILE_KIND,
  iceberg: ICEBERG_KIND,
  postgres: POSTGRES_KIND,
  postgresql: POSTGRES_KIND,
} as const satisfies Record<string, WarehouseKind>

export type WarehouseScheme = keyof typeof WAREHOUSE_KINDS

/** For a scheme that we do not know: the target refuses the URL anyway. */
const UNKNOWN_KIND: WarehouseKind = {
  defaultSchema: 'main',
  takesOneWriter: false,
  isCaseSensitive: true,
}

/** What comes before the first colon, in lower case. */
export function schemeOf(url: string): string {
  return url.split(':', 1)[0]?.toLowerCase() ?? ''
}

export function isWarehouseScheme(scheme: string): scheme is WarehouseScheme {
  return Object.hasOwn(WAREHOUSE_KINDS, scheme)
}

function clickhouseKind(url: string): WarehouseKind {
  const database = URL.canParse(url) ? decodePercent(new URL(url).pathname.slice(1)) : ''
  return database === '' ? CLICKHOUSE_KIND : { ...CLICKHOUSE_KIND, defaultSchema: database }
}

/** The server: the database of the URL is the default schema. */
function clickhouseIdentity({ hostname, port, searchParams }: URL): string {
  const standardPort = searchParams.get('secure') === 'false' ? '8123' : '8443'
  return `clickhouse://${hostname.toLowerCase() || 'localhost'}:${port || standardPort}`
}

/** The kind of warehouse that the URL names. */
export function warehouseKindOf(url: string): WarehouseKind {
  const scheme = schemeOf(url)
  if (scheme === 'ducklake' && hasServerCatalog(url)) return LAKE_SERVER_KIND
  if (scheme === 'clickhouse') return clickhouseKind(url)
  return isWarehouseScheme(scheme) ? WAREHOUSE_KINDS[scheme] : UNKNOWN_KIND
}

/** What follows the scheme: of a `ducklake:` URL, the URL or the file of its catalog. */
export function afterScheme(url: string): string {
  return url.slice(url.indexOf(':') + 1)
}

/** True for a `ducklake:` URL whose catalog is in a PostgreSQL database. */
export function hasServerCatalog(url: string): boolean {
  return warehouseKindOf(afterScheme(url)) === POSTGRES_KIND
}

/**
 * Path and query of a `duckdb:` URL, or of a `ducklake:` URL whose catalog is a file. Other tools
 * write `duckdb:///PATH` for an absolute path.
 */
export function splitDuckdbUrl(url: string): { path: string; query: string } {
  const [location = '', query = ''] = afterScheme(url).split('?', 2)
  return { path: decodePercent(location.replace(/^\/\/(?=\/)/, '')), query }
}

function postgresIdentity({ hostname, port, pathname, searchParams }: URL): string {
  // An option overrules its part of the URL. The folder of a socket can only be an option.
  const host = searchParams.get('host') ?? decodePercent(hostname).toLowerCase()
  const database = searchParams.get('dbname') ?? decodePercent(pathname.replace(/^\//, ''))
  return `postgres://${host}:${searchParams.get('port') ?? (port || '5432')}/${database}`
}

/** The schema of a lake's catalog in PostgreSQL when the URL names none. */
export const DEFAULT_METADATA_SCHEMA = 'public'

/** The catalog, and the schema of its tables: one database may have several lakes. */
function lakeIdentity(url: string, resolvePath: (path: string) => string): string {
  if (!hasServerCatalog(url)) return `ducklake:${resolvePath(splitDuckdbUrl(url).path)}`
  const catalog = afterScheme(url)
  const options = new URLSearchParams(catalog.slice(catalog.indexOf('?') + 1))
  const schema = options.get('metadata_schema')
  return JSON.stringify([
    'ducklake',
    databaseIdentity(catalog, resolvePath),
    schema ?? DEFAULT_METADATA_SCHEMA,
  ])
}

/** The warehouse of the catalog. */
function icebergIdentity(url: string): string {
  const [location = '', query = ''] = afterScheme(url).split('?', 2)
  if (!URL.canParse(location)) return url
  const { origin, pathname } = new URL(location)
  const warehouse = new URLSearchParams(query).get('warehouse') ?? ''
  return JSON.stringify(['iceberg', origin + pathname.replace(/\/+$/, ''), warehouse])
}

/**
 * The database that the URL names, without user and password. Equal for two URLs of one database,
 * as far as the URLs show it. `resolvePath` turns the path of a file into an absolute one.
 */
export function databaseIdentity(url: string, resolvePath: (path: string) => string): string {
  const scheme = schemeOf(url)
  if (scheme === 'ducklake') return lakeIdentity(url, resolvePath)
  if (scheme === 'iceberg') return icebergIdentity(url)
  if (scheme === 'duckdb') return `duckdb:${resolvePath(splitDuckdbUrl(url).path)}`
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  if (warehouseKindOf(url) === POSTGRES_KIND) return postgresIdentity(parsed)
  if (scheme === 'clickhouse') return clickhouseIdentity(parsed)
  return `${scheme}://${parsed.hostname.toLowerCase()}:${parsed.port}${decodePercent(parsed.pathname)}`
}
