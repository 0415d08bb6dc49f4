/** Headers that authorize requests to the catalog which the loader sends by itself. */

import { AppError } from '../../errors.ts'
import { fieldOf, send, serverOf, type Server } from './http.ts'
import { signedHeaders, type AwsKeys } from './sigv4.ts'
import type { IcebergAuth } from './url.ts'

/** How long before its end a token is no longer used. */
const MARGIN_MS = 60_000
/** How long a token is used when the server does not say how long it is valid. */
const DEFAULT_VALID_SECONDS = 300

const LOGIN_HINT =
  'Check ICEBERG_CLIENT_ID and ICEBERG_CLIENT_SECRET, and `oauth2_server_uri` and `oauth2_scope` in `warehouse_url`.'
/** By its standard, it refuses credentials with status 400 too. */
const TOKEN_SERVER: Server = {
  name: 'The OAuth2 server',
  hints: { credentials: LOGIN_HINT, request: LOGIN_HINT },
}
const TOKEN_HINT =
  'Check the credentials of the catalog: ICEBERG_TOKEN, or ICEBERG_CLIENT_ID and ICEBERG_CLIENT_SECRET.'
const KEYS_HINT =
  'Check the keys of AWS: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, for temporary keys also AWS_SESSION_TOKEN; and `sigv4_service` and `sigv4_region` in `warehouse_url`.'

/** The catalog, and what to check when it refuses a request. */
export function catalogServer(auth: IcebergAuth): Server {
  const hints = {
    credentials: auth.kind === 'sigv4' ? KEYS_HINT : TOKEN_HINT,
    request: 'Check the address and the warehouse in `warehouse_url`.',
  }
  return { name: 'The Iceberg catalog', hints }
}

interface Token {
  value: string
  /** By the monotonic clock. */
  validUntilMs: number
}

function awsKeysOf(env: NodeJS.ProcessEnv): AwsKeys {
  const { AWS_ACCESS_KEY_ID: keyId = '', AWS_SECRET_ACCESS_KEY: secret = '' } = env
  if (keyId !== '' && secret !== '') {
    return { keyId, secret, sessionToken: env['AWS_SESSION_TOKEN'] }
  }
  throw new AppError('CONFIG_INVALID', 'The Iceberg catalog needs the keys of AWS.', {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for temporary keys also AWS_SESSION_TOKEN.',
  })
}

async function fetchToken(auth: IcebergAuth & { kind: 'oauth2' }): Promise<Token> {
  const credentials = Buffer.from(`${auth.clientId}:${auth.clientSecret}`).toString('base64')
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: auth.scope })
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const request = { method: 'POST', headers, body: body.toString() } as const
  const answer = await send(new URL(auth.serverUri), request, TOKEN_SERVER)
  const value = fieldOf(answer, 'access_token')
  if (typeof value !== 'string') {
    throw new AppError(
      'CONFIG_INVALID',
      `${TOKEN_SERVER.name} at ${serverOf(auth.serverUri)} returned no access token.`,
      { hint: 'Correct `oauth2_server_uri` in `warehouse_url`.' },
    )
  }
  const seconds = Number(fieldOf(answer, 'expires_in') ?? DEFAULT_VALID_SECONDS)
  return { value, validUntilMs: performance.now() + seconds * 1000 - MARGIN_MS }
}

export class SignIn {
  readonly #auth: IcebergAuth
  readonly #env: NodeJS.ProcessEnv
  #token: Token | undefined

  constructor(auth: IcebergAuth, env: NodeJS.ProcessEnv) {
    this.#auth = auth
    this.#env = env
  }

  /** For a GET request to the URL. */
  async headersFor(url: URL): Promise<Record<string, string>> {
    const auth = this.#auth
    switch (auth.kind) {
      case 'none':
        return {}
      case 'token':
        return { authorization: `Bearer ${auth.token}` }
      case 'oauth2':
        if (!this.#token || this.#token.validUntilMs < performance.now()) {
          this.#token = await fetchToken(auth)
        }
        return { authorization: `Bearer ${this.#token.value}` }
      case 'sigv4':
        return signedHeaders({ ...auth, url, keys: awsKeysOf(this.#env), now: new Date() })
    }
  }
}
