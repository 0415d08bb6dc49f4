/** Statements that attach a catalog: settings, secrets, and the catalog itself. */

import { awsKeys, azureKeys, createSecret, hasAwsKeys } from '../duckdb/connect/secrets.ts'
import { id, lit, list, sql, type Sql } from '../sql.ts'
import type { IcebergUrl } from './url.ts'

/** DuckDB's name of the catalog. */
export const CATALOG = 'iceberg_catalog'
const CATALOG_SECRET = '_sdc_catalog'
const S3_SECRET = '_sdc_s3'
const AZURE_SECRET = '_sdc_azure'

function hasAzureKeys(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['AZURE_STORAGE_CONNECTION_STRING'] || env['AZURE_STORAGE_ACCOUNT'])
}

/** The extensions of DuckDB that a catalog needs, in the order of loading. */
export function extensionsFor(env: NodeJS.ProcessEnv): string[] {
  return ['httpfs', ...(hasAzureKeys(env) ? ['azure'] : []), 'avro', 'iceberg']
}

/**
 * Without the first setting, DuckDB cannot open the files of a table whose name has `?` or `*`. By
 * the second one, it writes into tables that are sorted; the order is only an advice to writers.
 */
export function settings(): Sql[] {
  return [
    sql`set s3_url_compatibility_mode = true`,
    sql`set unsafe_iceberg_ignore_sort_order = true`,
  ]
}

/**
 * The secrets of the catalog, and those of the object store as far as the environment has them.
 * Keys that the catalog vends take precedence.
 */
export function secretsFor({ auth }: IcebergUrl, env: NodeJS.ProcessEnv): Sql[] {
  const secrets: Sql[] = []
  if (auth.kind === 'token') {
    secrets.push(createSecret(CATALOG_SECRET, sql`iceberg`, { token: auth.token }))
  }
  if (auth.kind === 'oauth2') {
    const { clientId: client_id, clientSecret: client_secret } = auth
    const fields = { oauth2_server_uri: auth.serverUri, oauth2_scope: auth.scope }
    secrets.push(
      createSecret(CATALOG_SECRET, sql`iceberg`, { client_id, client_secret, ...fields }),
    )
  }
  if (hasAwsKeys(env)) secrets.push(createSecret(S3_SECRET, sql`s3`, awsKeys(env)))
  if (hasAzureKeys(env)) secrets.push(createSecret(AZURE_SECRET, sql`azure`, azureKeys(env)))
  return secrets
}

function authOptions({ auth }: IcebergUrl): Sql[] {
  switch (auth.kind) {
    case 'none':
      return [sql`authorization_type 'none'`]
    case 'token':
    case 'oauth2':
      return [sql`authorization_type 'oauth2'`, sql`secret ${lit(CATALOG_SECRET)}`]
    case 'sigv4':
      return [
        sql`authorization_type 'sigv4'`,
        sql`secret ${lit(S3_SECRET)}`,
        sql`sigv4_service ${lit(auth.service)}`,
        sql`sigv4_region ${lit(auth.region)}`,
        // The catalogs of AWS take no staged tables.
        sql`stage_create_tables false`,
      ]
  }
}

/**
 * After a failed commit, DuckDB would delete the files of the rows. But when only the response was
 * lost, the catalog has them.
 */
export function attachCatalog(url: IcebergUrl, { isReadOnly }: { isReadOnly: boolean }): Sql {
  const options = [
    sql`type iceberg`,
    sql`endpoint ${lit(url.endpoint)}`,
    ...authOptions(url),
    sql`access_delegation_mode ${lit(url.delegation)}`,
    sql`remove_files_on_delete false`,
    ...(isReadOnly ? [sql`read_only`] : []),
  ]
  return sql`attach ${lit(url.warehouse)} as ${id(CATALOG)} (${list(options)})`
}
