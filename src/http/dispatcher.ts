/** Opens connections to a server, direct or through the proxy that the environment names. */

import { Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { OpenSockets } from './open-sockets.ts'
import { maskCredentials, noProxyIn, proxyIn } from './proxy.ts'
import { createProxyPool, destroyWithSockets } from './undici-workarounds.ts'

const CONNECT_TIMEOUT_MS = 15_000

export interface DispatcherOptions {
  env: NodeJS.ProcessEnv
  logger: Logger
  /** Where the requests go. */
  baseUrl: URL
  /** At most this many open connections. */
  connections: number
}

/** The key must not be sent to a server whose certificate is not verified. */
function assertCertificatesAreVerified(env: NodeJS.ProcessEnv, baseUrl: URL): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || baseUrl.protocol !== 'https:') return
  throw new AppError(
    'CONFIG_INVALID',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 disables certificate verification, so the key could be intercepted.',
    { hint: "Unset it. To trust a company's own CA, name its file in NODE_EXTRA_CA_CERTS." },
  )
}

function openDispatcher(options: DispatcherOptions, sockets: OpenSockets): Dispatcher {
  const { env, logger, connections } = options
  const connect = sockets.tracked(buildConnector({ timeout: CONNECT_TIMEOUT_MS }))
  const agent = { connections, pipelining: 1, connect }
  const http = proxyIn(env, 'HTTP_PROXY')
  const https = proxyIn(env, 'HTTPS_PROXY')
  if (!http && !https) return new Agent(agent)
  for (const proxy of [http, https]) if (proxy) maskCredentials(proxy, logger)
  return new EnvHttpProxyAgent({
    ...agent,
    clientFactory: (origin, pool) => createProxyPool(origin, pool, sockets),
    httpProxy: http?.url.href ?? '',
    httpsProxy: https?.url.href ?? '',
    noProxy: noProxyIn(env),
  })
}

/**
 * Follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and masks the proxies' passwords from now on.
 * `destroy` also ends connections that are still being opened.
 * Throws CONFIG_INVALID for an invalid proxy URL, and when certificates would not be verified.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  assertCertificatesAreVerified(options.env, options.baseUrl)
  const sockets = new OpenSockets()
  return destroyWithSockets(openDispatcher(options, sockets), sockets)
}
