/** `iceberg:https://CATALOG/PATH?warehouse=NAME`: the REST catalog, and how to sign in. */

import { AppError } from '../../errors.ts'
import { isSafeUrl } from '../../urls/url-safety.ts'
import { afterScheme } from '../../urls/warehouse-urls.ts'
import { LAKE_SETTINGS } from '../duckdb/url.ts'

/** How requests to the catalog are authorized. */
export type IcebergAuth =
  | { kind: 'none' }
  | { kind: 'token'; token: string }
  | {
      kind: 'oauth2'
      clientId: string
      clientSecret: string
      /** Where tokens come from. */
      serverUri: string
      scope: string
    }
  /** Signed with the keys of AWS. */
  | { kind: 'sigv4'; service: string; region: string }

export interface IcebergUrl {
  /** The catalog's URL, to which `/v1/...` is added. */
  endpoint: string
  /** The catalog's own name for the warehouse; empty for its default. */
  warehouse: string
  auth: IcebergAuth
  /** Who brings the keys of the object store: the catalog, or the environment. */
  delegation: 'vended_credentials' | 'none'
  /** Settings of DuckDB, by DuckDB's names. */
  options: Record<string, string>
}

const AUTH_KINDS = ['none', 'token', 'oauth2', 'sigv4'] as const
/** Options that an environment variable may hold instead: `ICEBERG_TOKEN`. */
const SIGN_IN = [
  'token',
  'client_id',
  'client_secret',
  'oauth2_server_uri',
  'oauth2_scope',
] as const
const OPTIONS = [
  'warehouse',
  'auth',
  ...SIGN_IN,
  'sigv4_service',
  'sigv4_region',
  'access_delegation_mode',
  ...LAKE_SETTINGS,
]
const DELEGATIONS = ['vended_credentials', 'none'] as const
/** What catalogs grant when no scope is named, as in other clients of Iceberg. */
const DEFAULT_SCOPE = 'PRINCIPAL_ROLE:ALL'
const HINT = 'Write iceberg:https://CATALOG/PATH?warehouse=NAME.'

function refusal(sentence: string, hint = HINT): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

/** The options, and what the environment holds for those that are missing. */
type Values = (name: (typeof SIGN_IN)[number]) => string

function valuesOf(options: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Values {
  return (name) => options.get(name) ?? env[`ICEBERG_${name.toUpperCase()}`]?.trim() ?? ''
}

function oneOf<T extends string>(known: readonly T[], name: string, value: string): T {
  const found = known.find((one) => one === value)
  if (found !== undefined) return found
  throw refusal(
    `\`${name}\` in \`warehouse_url\` is ${JSON.stringify(value)}; known are ${known.join(', ')}.`,
  )
}

function authKind(host: string, options: ReadonlyMap<string, string>, values: Values) {
  const written = options.get('auth')
  if (written !== undefined) return oneOf(AUTH_KINDS, 'auth', written)
  if (options.has('token')) return 'token'
  if (options.has('client_secret')) return 'oauth2'
  if (options.has('sigv4_service') || host.endsWith('.amazonaws.com')) return 'sigv4'
  if (values('token') !== '') return 'token'
  return values('client_secret') === '' ? 'none' : 'oauth2'
}

function needed(values: Values, name: (typeof SIGN_IN)[number]): string {
  const value = values(name)
  if (value !== '') return value
  const variable = `ICEBERG_${name.toUpperCase()}`
  throw refusal(`The Iceberg catalog needs a \`${name}\`.`, `Set the variable ${variable}.`)
}

/** AWS's hosts begin with the service and the region: `glue.eu-west-1.amazonaws.com`. */
function awsNames(host: string): [service: string, region: string] {
  const [service = '', region = ''] = host.endsWith('.amazonaws.com') ? host.split('.') : []
  return [service, region]
}

function sigv4(host: string, options: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv) {
  const [hostService, hostRegion] = awsNames(host)
  const service = options.get('sigv4_service') ?? hostService
  const ownRegion = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? ''
  const region = options.get('sigv4_region') ?? (hostRegion || ownRegion)
  if (service === '' || region === '') {
    throw refusal(
      'The service or the region for the signatures is not known.',
      'Add sigv4_service=NAME and sigv4_region=REGION to `warehouse_url`.',
    )
  }
  return { kind: 'sigv4', service, region } as const
}

function parseAuth(
  endpoint: URL,
  options: ReadonlyMap<string, string>,
  env: NodeJS.ProcessEnv,
): IcebergAuth {
  const values = valuesOf(options, env)
  const kind = authKind(endpoint.hostname, options, values)
  switch (kind) {
    case 'none':
      return { kind }
    case 'token':
      return { kind, token: needed(values, 'token') }
    case 'oauth2':
      return {
        kind,
        clientId: needed(values, 'client_id'),
        clientSecret: needed(values, 'client_secret'),
        serverUri: values('oauth2_server_uri') || `${baseOf(endpoint)}/v1/oauth/tokens`,
        scope: values('oauth2_scope') || DEFAULT_SCOPE,
      }
    case 'sigv4':
      return sigv4(endpoint.hostname, options, env)
  }
}

function baseOf({ origin, pathname }: URL): string {
  return (origin + pathname).replace(/\/+$/, '')
}

function parseEndpoint(text: string): URL {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw refusal('`warehouse_url` names no catalog at an http or https address.')
  }
  const endpoint = new URL(text)
  if (endpoint.username === '' && endpoint.password === '') return endpoint
  throw refusal(
    '`warehouse_url` has a user or a password before the host of the catalog.',
    'Set ICEBERG_CLIENT_ID and ICEBERG_CLIENT_SECRET, or ICEBERG_TOKEN.',
  )
}

/** A secret may not cross a network without TLS. */
function assertSafe(endpoint: URL, auth: IcebergAuth): void {
  const sent = auth.kind === 'oauth2' ? [endpoint, parseEndpoint(auth.serverUri)] : [endpoint]
  if (auth.kind === 'none' || sent.every((url) => isSafeUrl(url))) return
  throw refusal(
    'The Iceberg catalog would get its credentials over http.',
    'Use https, or an address of this machine.',
  )
}

/** Throws CONFIG_INVALID for an unknown option or a missing credential. Never quotes a secret. */
export function parseUrl(url: string, env: NodeJS.ProcessEnv): IcebergUrl {
  const [location = '', ...rest] = afterScheme(url).split('?')
  const endpoint = parseEndpoint(location)
  const options = new Map(new URLSearchParams(rest.join('?')))
  const unknown = [...options.keys()].find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined) {
    throw refusal(
      `\`warehouse_url\` has an option ${JSON.stringify(unknown)}; known are ${OPTIONS.join(', ')}.`,
    )
  }
  const auth = parseAuth(endpoint, options, env)
  assertSafe(endpoint, auth)
  const mode = options.get('access_delegation_mode') ?? 'vended_credentials'
  return {
    endpoint: baseOf(endpoint),
    warehouse: options.get('warehouse') ?? '',
    auth,
    delegation: oneOf(DELEGATIONS, 'access_delegation_mode', mode),
    options: Object.fromEntries([...options].filter(([name]) => LAKE_SETTINGS.includes(name))),
  }
}
