/** The proxies that the environment names, and what a proxy's refusal of a tunnel means. */

import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'

export interface ProxySetting {
  /** The environment variable that holds it. */
  name: string
  url: URL
}

/** The first variable that is set and not blank; lower case precedes upper case, as in curl. */
function variableIn(
  env: NodeJS.ProcessEnv,
  name: string,
): { name: string; value: string } | undefined {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = env[spelling]?.trim()
    if (value !== undefined && value !== '') return { name: spelling, value }
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

/**
 * The proxy in a variable. Throws CONFIG_INVALID, without the variable's value, for an invalid URL.
 */
export function proxyIn(env: NodeJS.ProcessEnv, variable: string): ProxySetting | undefined {
  const found = variableIn(env, variable)
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
    `The environment variable ${name} is not a valid proxy URL.`,
    {
      hint: 'Write http://host:port or http://user:password@host:port, with special characters percent-encoded.',
    },
  )
}

/** The hosts that are reached without a proxy, as undici expects them. */
export function noProxyIn(env: NodeJS.ProcessEnv): string {
  return variableIn(env, 'NO_PROXY')?.value ?? ''
}

/** Masks the password in every form in which it can appear. */
export function maskCredentials({ url }: ProxySetting, logger: Logger): void {
  const password = decodeURIComponent(url.password)
  if (password === '') return
  logger.mask(password)
  logger.mask(url.password)
  logger.mask(`${decodeURIComponent(url.username)}:${password}`)
}

/** A proxy's response to CONNECT that opens no tunnel. */
export class TunnelRefusedError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the proxy returned ${status} for CONNECT`)
    this.status = status
  }
}

/** What a refused tunnel means for the request to `path`. A 408, 429 or 5xx is transient. */
export function proxyError(cause: TunnelRefusedError, path: string): AppError {
  const { status } = cause
  const sentence = `The proxy returned ${status} for GET ${path}.`
  if (status === 407) {
    return new AppError('PROXY_REFUSED', sentence, {
      hint: 'The proxy requires a different user and password: write HTTPS_PROXY as http://user:password@host:port, with special characters percent-encoded.',
      cause,
    })
  }
  const isTransient = status >= 500 || status === 408 || status === 429
  return new AppError(isTransient ? 'CONNECTION_FAILED' : 'PROXY_REFUSED', sentence, {
    hint: 'Ask the operator of the proxy to allow connections to the API, or name its host in NO_PROXY.',
    cause,
  })
}
