/** The way to the API: direct, or through the proxy that the environment names; and what it means when it fails. */

import { Agent, buildConnector, EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { OpenSockets } from './open-sockets.ts'

const CONNECT_TIMEOUT_MS = 15_000

export interface DispatcherOptions {
  env: NodeJS.ProcessEnv
  logger: Logger
  /** Where the requests go. */
  baseUrl: URL
  /** Open at once, at most. */
  connections: number
}

interface ProxySetting {
  /** The variable that it stands in. */
  name: string
  url: URL
}

/** The first of the names that is set and not blank; small letters go first, as in curl. */
function setting(
  env: NodeJS.ProcessEnv,
  name: string,
): { name: string; value: string } | undefined {
  for (const spelled of [name.toLowerCase(), name]) {
    const value = env[spelled]?.trim()
    if (value !== undefined && value !== '') return { name: spelled, value }
  }
  return undefined
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** The proxy in a variable. Throws CONFIG_INVALID, without its content, where it is none. */
function proxyIn(env: NodeJS.ProcessEnv, variable: string): ProxySetting | undefined {
  const found = setting(env, variable)
  if (!found) return undefined
  const { name, value } = found
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isUsable =
    url &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    isDecodable(url.username) &&
    isDecodable(url.password)
  if (isUsable) return { name, url }
  throw new AppError(
    'CONFIG_INVALID',
    `The environment variable ${name} holds no URL of a proxy.`,
    {
      hint: 'Write http://host:port, or http://user:password@host:port with other characters than letters and digits percent-encoded.',
    },
  )
}

function maskCredentials({ url }: ProxySetting, logger: Logger): void {
  const password = decodeURIComponent(url.password)
  if (password === '') return
  logger.mask(password)
  logger.mask(url.password)
  logger.mask(`${decodeURIComponent(url.username)}:${password}`)
}

/** The key must not go to a server whose certificate nobody checked. */
function assertCertificatesAreChecked(env: NodeJS.ProcessEnv, baseUrl: URL): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || baseUrl.protocol !== 'https:') return
  throw new AppError(
    'CONFIG_INVALID',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates, so that anybody on the way could take the key.',
    { hint: "Unset it; to trust a company's own CA, name its file in NODE_EXTRA_CA_CERTS." },
  )
}

/**
 * Connections to a proxy. undici takes a proxy that hangs up on CONNECT for a lost connection, and asks again at once and for ever,
 * without a turn for timers and signals; an error without its code for that ends the request instead.
 */
function proxyPool(origin: URL, options: Pool.Options, sockets: OpenSockets): Dispatcher {
  const { connect: connector } = options
  const pool = new Pool(origin, {
    ...options,
    ...(typeof connector === 'function' && { connect: sockets.keeping(connector) }),
  })
  const connect: (tunnel: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> =
    pool.connect.bind(pool)
  const open: typeof connect = async (tunnel) => {
    try {
      const opened = await connect(tunnel)
      sockets.keep(opened.socket)
      return opened
    } catch (cause) {
      const isHangUp = cause instanceof Error && textIn(cause, 'code') === 'UND_ERR_SOCKET'
      throw isHangUp ? new Error('the proxy hung up', { cause }) : cause
    }
  }
  return Object.assign(pool, { connect: open })
}

function openDispatcher(options: DispatcherOptions, sockets: OpenSockets): Dispatcher {
  const { env, logger, connections } = options
  const connect = sockets.keeping(buildConnector({ timeout: CONNECT_TIMEOUT_MS }))
  const agent = { connections, pipelining: 1, connect }
  const http = proxyIn(env, 'HTTP_PROXY')
  const https = proxyIn(env, 'HTTPS_PROXY')
  if (!http && !https) return new Agent(agent)
  for (const proxy of [http, https]) if (proxy) maskCredentials(proxy, logger)
  return new EnvHttpProxyAgent({
    ...agent,
    clientFactory: (origin, pool) => proxyPool(origin, pool, sockets),
    httpProxy: http?.url.href ?? '',
    httpsProxy: https?.url.href ?? '',
    noProxy: setting(env, 'NO_PROXY')?.value ?? '',
  })
}

/**
 * Opens connections as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. The passwords of proxies are masked from now on. `destroy` ends also
 * connections that are still being opened.
 * Throws CONFIG_INVALID for a proxy that is none, and where certificates would not be checked.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  assertCertificatesAreChecked(options.env, options.baseUrl)
  const sockets = new OpenSockets()
  const dispatcher = openDispatcher(options, sockets)
  const original: unknown = Reflect.get(dispatcher, 'destroy')
  // undici's own calls itself again, with a callback, so each kind of call must pass through.
  const destroy = (...given: unknown[]): unknown => {
    const destroyed: unknown =
      typeof original === 'function' && Reflect.apply(original, dispatcher, given)
    sockets.end()
    return destroyed
  }
  return Object.assign(dispatcher, { destroy })
}

const UNTRUSTED =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|ERROR_IN_CERT|HOSTNAME_MISMATCH|INVALID_|PATH_LENGTH|ERR_TLS_CERT|UND_ERR_PRX_TLS)/
/** Not spoken at all, or in no common version; a garbled record is a fault of the line. */
const NO_COMMON_TLS = /^(EPROTO$|ERR_SSL_(?!.*(BAD_RECORD|DECRYPT|INTERNAL_ERROR|UNEXPECTED_EOF)))/

function trustHint(code: string): string {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "Check this machine's clock; if it is right, the certificate must be renewed by whoever runs the server or the proxy."
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return 'The certificate is for another host: check `api_url` and any proxy.'
  }
  return 'If a company proxy signs traffic, name its CA file in NODE_EXTRA_CA_CERTS.'
}

function tlsError(code: string, path: string, cause: unknown): AppError | undefined {
  if (UNTRUSTED.test(code)) {
    return new AppError('TLS_FAILED', `The connection for GET ${path} is not trusted (${code}).`, {
      hint: trustHint(code),
      cause,
    })
  }
  if (!NO_COMMON_TLS.test(code)) return undefined
  return new AppError(
    'TLS_FAILED',
    `The connection for GET ${path} could not be secured (${code}).`,
    {
      hint: 'The other side must speak TLS 1.2 or later: check `api_url` and any proxy.',
      cause,
    },
  )
}

/** undici tells the answer of a proxy to CONNECT only in this text. */
const PROXY_ANSWER = /^Proxy response \((\d{3})\)/

function proxyError(text: string, path: string, cause: unknown): AppError | undefined {
  const status = PROXY_ANSWER.exec(text)?.[1]
  if (status === undefined) return undefined
  const sentence = `The proxy on the way to GET ${path} answered ${status}.`
  if (status === '407') {
    return new AppError('PROXY_REFUSED', sentence, {
      hint: 'It wants another user and password: write HTTPS_PROXY as http://user:password@host:port, with other characters than letters and digits percent-encoded.',
      cause,
    })
  }
  const isPassing = status.startsWith('5') || status === '408' || status === '429'
  return new AppError(isPassing ? 'CONNECTION_FAILED' : 'PROXY_REFUSED', sentence, {
    hint: 'Ask whoever runs the proxy to let the API through, or name its host in NO_PROXY.',
    cause,
  })
}

function textIn(cause: object, name: string): string {
  const value: unknown = Reflect.get(cause, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Code and place of a failure for a person: "ECONNREFUSED 127.0.0.1:3128". */
function reasonOf(cause: Error, code: string): string {
  if (code === '' || code.startsWith('UND_ERR')) return cause.message
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const at = typeof first === 'object' && first !== null ? first : cause
  const [host, port] = [textIn(at, 'hostname') || textIn(at, 'address'), textIn(at, 'port')]
  return [code, port === '' ? host : `${host}:${port}`].filter(Boolean).join(' ')
}

/** What a failure of Node or undici on the way to an answer means for a person. */
export function connectionError(cause: unknown, path: string): AppError {
  const error = cause instanceof Error ? cause : new Error('unknown reason')
  const code = textIn(error, 'code')
  const known = tlsError(code, path, cause) ?? proxyError(error.message, path, cause)
  if (known) return known
  const isUnknownHost = code === 'ENOTFOUND' || code === 'EAI_AGAIN'
  return new AppError(
    'CONNECTION_FAILED',
    `GET ${path} got no whole answer (${reasonOf(error, code)}).`,
    {
      hint: isUnknownHost
        ? 'The name was not found: check `api_url` and the DNS, and set HTTPS_PROXY where the internet is behind a proxy.'
        : 'Check the network, the DNS and, where one is needed, HTTPS_PROXY.',
      cause,
    },
  )
}
