/** Secrets of DuckDB, which it keeps in memory only, and the keys of object stores. */

import { AppError } from '../../../errors.ts'
import { id, lit, list, sql, type Sql } from '../../sql.ts'

const NO_URL = { host: '', protocol: '' }

type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** A secret of this process. Fields without a value are left out. */
export function createSecret(name: string, type: Sql, fields: Fields): Sql {
  const set = Object.entries(fields).flatMap(([field, value]) =>
    value === undefined || value === '' ? [] : [sql`, ${id(field)} ${lit(value)}`],
  )
  return sql`create or replace temporary secret ${id(name)} (type ${type}${list(set, sql``)})`
}

/** `https://HOST:PORT` as DuckDB wants it: host and port, and whether TLS is used. */
function endpointFields(endpoint: string | undefined): Fields {
  if (endpoint === undefined || endpoint === '') return {}
  const { host, protocol } = URL.canParse(endpoint) ? new URL(endpoint) : NO_URL
  if (host === '') {
    throw new AppError('CONFIG_INVALID', 'AWS_ENDPOINT_URL is no URL.', {
      hint: 'Write it with its scheme, such as http://127.0.0.1:9000.',
    })
  }
  return { endpoint: host, use_ssl: protocol === 'https:', url_style: 'path' }
}

/** True when AWS's variables hold keys. Otherwise they come from AWS's own files and services. */
export function hasAwsKeys(env: NodeJS.ProcessEnv): boolean {
  return (env['AWS_ACCESS_KEY_ID'] ?? '') !== ''
}

/** Region and server of an object store, from the variables that other tools use too. */
export function awsPlace(env: NodeJS.ProcessEnv): Fields {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  return { region, ...endpointFields(env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) }
}

/** The keys in AWS's variables, with `awsPlace`. */
export function awsKeys(env: NodeJS.ProcessEnv): Fields {
  return {
    key_id: env['AWS_ACCESS_KEY_ID'],
    secret: env['AWS_SECRET_ACCESS_KEY'],
    session_token: env['AWS_SESSION_TOKEN'],
    ...awsPlace(env),
  }
}

/** The parts of Azure's connection string that are secret. */
const AZURE_SECRET = /(?:AccountKey|SharedAccessSignature)=([^;]*)/gi

/** What a log may not show of the variables. Some are empty. */
export function storeSecrets(env: NodeJS.ProcessEnv): string[] {
  const azure = env['AZURE_STORAGE_CONNECTION_STRING'] ?? ''
  return [
    env['AWS_SECRET_ACCESS_KEY'] ?? '',
    env['AWS_SESSION_TOKEN'] ?? '',
    ...[...azure.matchAll(AZURE_SECRET)].map(([, value = '']) => value),
  ]
}

/** The keys in Azure's variables. */
export function azureKeys(env: NodeJS.ProcessEnv): Fields {
  const connection_string = env['AZURE_STORAGE_CONNECTION_STRING']
  const account_name = env['AZURE_STORAGE_ACCOUNT']
  return connection_string ? { connection_string } : { provider: 'credential_chain', account_name }
}
