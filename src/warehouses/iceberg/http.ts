/** Requests to the catalog, through the proxies that the environment names. */

import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici'
import { AppError } from '../../errors.ts'
import { ServerError } from '../server-error.ts'

const TIMEOUT_MS = 30_000

/** The server has nothing at this address. */
export class NotFoundError extends AppError {}

/** Host and port, without anything that could be a secret. */
export function serverOf(url: string | URL): string {
  return new URL(url).host
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Throws unless the status is 200. Later, a server error may pass. */
function assertOk(url: URL, status: number): void {
  if (status === 200) return
  const sentence = `The Iceberg catalog at ${serverOf(url)} refused the request with status ${status}.`
  if (status >= 500 || status === 429) {
    const hint = 'Run again. The next run resumes from the newest STATE.'
    throw new ServerError('CONNECTION_FAILED', sentence, { failure: 'transient', hint })
  }
  if (status === 404) {
    const hint = 'Check the address and the warehouse in `warehouse_url`.'
    throw new NotFoundError('CONFIG_INVALID', sentence, { hint })
  }
  throw new AppError('CONFIG_INVALID', sentence, {
    hint:
      status === 401 || status === 403
        ? 'Check the credentials of the catalog: ICEBERG_TOKEN, or ICEBERG_CLIENT_ID and ICEBERG_CLIENT_SECRET.'
        : 'Check the address and the warehouse in `warehouse_url`.',
  })
}

/**
 * The body of the response as JSON. Throws ServerError when the server cannot be reached or has an
 * error, NotFoundError for 404, and CONFIG_INVALID for any other response.
 */
export async function send(
  url: URL,
  options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>,
): Promise<unknown> {
  const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }
  const dispatcher = new EnvHttpProxyAgent({ ...timeouts, connectTimeout: TIMEOUT_MS })
  try {
    const { statusCode, body } = await request(url, { ...options, dispatcher })
    const text = await body.text()
    assertOk(url, statusCode)
    return parsed(text)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no response'
    throw new ServerError(
      'CONNECTION_FAILED',
      `The Iceberg catalog at ${serverOf(url)} could not be reached (${reason}).`,
      { failure: 'transient', hint: 'Check the address, the network and HTTPS_PROXY.', cause },
    )
  } finally {
    await dispatcher.destroy().catch(() => undefined)
  }
}
