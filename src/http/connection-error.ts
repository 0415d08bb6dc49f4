/** What a failure of Node or undici during a request means for the operator, by its code. */

import { AppError } from '../errors.ts'
import { proxyError, TunnelRefusedError } from './proxy.ts'
import { tlsError } from './tls-errors.ts'

/** A field of an error as a string; an empty string if it has none. */
function fieldOf(error: object, name: string): string {
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Code and address of a failure, such as "ECONNREFUSED 127.0.0.1:3128". */
function reasonOf(error: Error, code: string): string {
  if (code === '' || code.startsWith('UND_ERR')) return error.message
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const source = typeof first === 'object' && first !== null ? first : error
  const host = fieldOf(source, 'hostname') || fieldOf(source, 'address')
  const port = fieldOf(source, 'port')
  return [code, port === '' ? host : `${host}:${port}`].filter(Boolean).join(' ')
}

/** CONNECTION_FAILED, TLS_FAILED or PROXY_REFUSED. */
export function connectionError(cause: unknown, path: string): AppError {
  const error = cause instanceof Error ? cause : new Error('unknown reason')
  if (error instanceof TunnelRefusedError) return proxyError(error, path)
  const code = fieldOf(error, 'code')
  const tlsFailure = tlsError(code, path, cause)
  if (tlsFailure) return tlsFailure
  const isUnknownHost = code === 'ENOTFOUND' || code === 'EAI_AGAIN'
  return new AppError(
    'CONNECTION_FAILED',
    `GET ${path} got no complete response (${reasonOf(error, code)}).`,
    {
      hint: isUnknownHost
        ? 'The host name was not found: check the network, the DNS and `api_url`, and set HTTPS_PROXY if the internet is reached through a proxy.'
        : 'Check the network, the DNS and, if a proxy is needed, HTTPS_PROXY.',
      cause,
    },
  )
}
