/** Requests to the catalog, through the proxies that the environment names. */

import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici'
import { AppError } from '../../errors.ts'
import { ServerError } from '../server-error.ts'

const TIMEOUT_MS = 30_000

/** The catalog says that a table or a namespace does not exist. */
export class NotFoundError extends AppError {}

/** A server, and what to do when it refuses a request. */
export interface Server {
  /** As in messages: `The Iceberg catalog`. */
  name: string
  /** What to check when it does not accept the credentials, or something else. */
  hints: { credentials: string; request: string }
}

/**
 * The types of errors that the specification has for tables and namespaces that do not exist. AWS
 * Glue has one of its own for tables of other formats. A proxy, or a wrong address, brings others.
 */
const ABSENT = new Set([
  'NoSuchTableException',
  'NoSuchNamespaceException',
  'NoSuchIcebergTableException',
])

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

function isAbsent(body: unknown): boolean {
  return ABSENT.has(String(fieldOf(fieldOf(body, 'error'), 'type')))
}

/** The error for a status other than 200. Later, a server error may pass. */
function refusal(
  url: URL,
  { status, body }: { status: number; body: unknown },
  { name, hints }: Server,
): AppError {
  const sentence = `${name} at ${serverOf(url)} refused the request with status ${status}.`
  if (status >= 500 || status === 429) {
    const hint = 'Run again. The next run resumes from the newest STATE.'
    return new ServerError('CONNECTION_FAILED', sentence, { failure: 'transient', hint })
  }
  if (status === 404) {
    const missing = `${name} at ${serverOf(url)} has nothing at ${url.pathname} (status 404).`
    const options = { hint: hints.request }
    return isAbsent(body)
      ? new NotFoundError('CONFIG_INVALID', missing, options)
      : new AppError('CONFIG_INVALID', missing, options)
  }
  const hint = status === 401 || status === 403 ? hints.credentials : hints.request
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

/**
 * The body of the response as JSON. Throws ServerError when the server cannot be reached or has an
 * error, NotFoundError when the catalog says that something does not exist, and CONFIG_INVALID for
 * any other response.
 */
export async function send(
  url: URL,
  options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>,
  server: Server,
): Promise<unknown> {
  const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }
  const dispatcher = new EnvHttpProxyAgent({ ...timeouts, connectTimeout: TIMEOUT_MS })
  try {
    const { statusCode, body } = await request(url, { ...options, dispatcher })
    const answer = parsed(await body.text())
    if (statusCode === 200) return answer
    throw refusal(url, { status: statusCode, body: answer }, server)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no response'
    throw new ServerError(
      'CONNECTION_FAILED',
      `${server.name} at ${serverOf(url)} could not be reached (${reason}).`,
      { failure: 'transient', hint: 'Check the address, the network and HTTPS_PROXY.', cause },
    )
  } finally {
    await dispatcher.destroy().catch(() => undefined)
  }
}
