/** Statements that attach a lake: extensions, secrets, and the catalog. */

import { id, lit, list, sql, type Sql } from '../sql.ts'
import {
  awsKeys,
  awsPlace,
  azureKeys,
  createSecret,
  hasAwsKeys,
} from '../duckdb/connect/secrets.ts'
import type { PostgresUrl } from '../postgres/url.ts'
import { RELAY_PORT } from './relay/relay.ts'
import { dataSchemeOf, type DucklakeUrl } from './url.ts'

/** DuckDB's name of the lake. */
export const LAKE = 'lake'
const CATALOG_SECRET = '_sdc_catalog'
const DATA_SECRET = '_sdc_data'

function dataScheme({ dataPath = '' }: DucklakeUrl): string | undefined {
  return dataSchemeOf(dataPath)
}

function isAzure(scheme: string | undefined): boolean {
  return scheme === 'az' || scheme === 'azure' || scheme === 'abfss'
}

/** True when the keys come from AWS's own files and services, and not from the environment. */
function needsChain(scheme: string | undefined, env: NodeJS.ProcessEnv): boolean {
  return scheme === 's3' && !hasAwsKeys(env)
}

/** The extensions of DuckDB that the URL needs, in the order of loading. */
export function extensionsFor(url: DucklakeUrl, env: NodeJS.ProcessEnv): string[] {
  const scheme = dataScheme(url)
  const names = url.catalog.kind === 'postgres' ? ['postgres_scanner'] : []
  if (isAzure(scheme)) names.push('azure')
  else if (scheme !== undefined) names.push('httpfs')
  if (needsChain(scheme, env)) names.push('aws')
  return [...names, 'ducklake']
}

/** @param host The folder with the socket of our relay, which connects to the server. */
function catalogSecret(
  { user, database }: PostgresUrl,
  { host, password }: { host: string; password: string | undefined },
): Sql {
  const fields = { host, port: RELAY_PORT, user, password, database }
  return createSecret(CATALOG_SECRET, sql`postgres`, fields)
}

/** The keys for the data, from the variables that other tools use too. */
function dataSecret(scheme: string, env: NodeJS.ProcessEnv): Sql {
  if (isAzure(scheme)) return createSecret(DATA_SECRET, sql`azure`, azureKeys(env))
  if (needsChain(scheme, env)) {
    return createSecret(DATA_SECRET, sql`s3`, { provider: 'credential_chain', ...awsPlace(env) })
  }
  const type = scheme === 's3' ? sql`s3` : scheme === 'r2' ? sql`r2` : sql`gcs`
  return createSecret(DATA_SECRET, type, awsKeys(env))
}

/** The secrets of the catalog and of the data. DuckDB keeps them in memory only. */
export function secretsFor(
  url: DucklakeUrl,
  { env, ...login }: { env: NodeJS.ProcessEnv; host: string; password: string | undefined },
): Sql[] {
  const scheme = dataScheme(url)
  return [
    ...(url.catalog.kind === 'postgres' ? [catalogSecret(url.catalog.url, login)] : []),
    ...(scheme === undefined ? [] : [dataSecret(scheme, env)]),
  ]
}

/** A value of a connection string of libpq. */
function quoted(value: string | number): string {
  return `'${String(value).replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

/** What the secret cannot hold. */
function connectionString(url: PostgresUrl): string {
  const fields = {
    // The relay encrypts the connection.
    sslmode: 'disable',
    connect_timeout: Math.ceil(url.connectTimeoutMs / 1000),
    application_name: url.applicationName ?? `target-warehouse, process ${process.pid}`,
    options: url.options,
  }
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]))
    .join(' ')
}

export function attachLake(url: DucklakeUrl, { isReadOnly }: { isReadOnly: boolean }): Sql {
  const { catalog, dataPath, metadataSchema } = url
  const isServer = catalog.kind === 'postgres'
  const where = isServer ? `postgres:${connectionString(catalog.url)}` : catalog.path
  const options = [
    ...(isServer ? [sql`meta_secret ${lit(CATALOG_SECRET)}`] : []),
    ...(dataPath === undefined ? [] : [sql`data_path ${lit(dataPath)}`]),
    ...(metadataSchema === undefined ? [] : [sql`metadata_schema ${lit(metadataSchema)}`]),
    // Rows in the catalog would be parts of statements, which takes minutes for a long string.
    ...(isReadOnly ? [sql`read_only`] : [sql`data_inlining_row_limit 0`]),
  ]
  const listed = options.length === 0 ? sql`` : sql` (${list(options)})`
  return sql`attach ${lit(`ducklake:${where}`)} as ${id(LAKE)}${listed}`
}

/** Marks the snapshot of the transaction that is running. */
export function markCommit(mark: string): Sql {
  return sql`call ducklake_set_commit_message(${lit(LAKE)}, 'target-warehouse', 'Load', extra_info => ${lit(mark)})`
}
