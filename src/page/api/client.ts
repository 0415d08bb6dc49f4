/** Requests to the API of the console, with one kind of error. */

import type { Api } from '../../console/api/schemas.generated.ts'

export const API_PREFIX = '/api/v1'

type Problem = Api<'FieldProblem'>

/** A request that did not succeed. */
export class ApiFailure extends Error {
  /** 0 when the console did not respond. */
  readonly status: number
  readonly code: string
  readonly hint: string | null
  readonly problems: readonly Problem[]

  constructor(status: number, body: Api<'Error'>) {
    super(body.message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = body.code
    this.hint = body.hint
    this.problems = body.problems
  }
}

export interface Response<T> {
  body: T
  /** Version of the document. Null when the response has none. */
  etag: string | null
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** Version of the document that the request changes. */
  etag?: string | null
  signal?: AbortSignal
}

export interface Client {
  /** Sends a request below `/api/v1`. Throws ApiFailure, and AbortError after the signal. */
  request: <T>(path: string, options?: RequestOptions) => Promise<Response<T>>
}

export interface ClientOptions {
  fetch: (path: string, init: RequestInit) => Promise<globalThis.Response>
  /** Called when a response says that there is no session. */
  onSessionMissing: () => void
}

const UNREACHABLE: Api<'Error'> = {
  code: 'CONSOLE_UNREACHABLE',
  message: 'The console does not respond.',
  hint: 'Check that customerio-sync console is running, then try again.',
  problems: [],
}

function unexpected(status: number): Api<'Error'> {
  return {
    code: 'UNEXPECTED',
    message: `The console sent a response with status ${status} that this page does not understand.`,
    hint: 'Reload the page.',
    problems: [],
  }
}

function initOf({ method = 'GET', body, etag, signal }: RequestOptions): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (etag !== undefined && etag !== null) headers['if-match'] = etag
  return {
    method,
    headers,
    credentials: 'same-origin',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }
}

function isErrorBody(value: unknown): value is Api<'Error'> {
  return typeof value === 'object' && value !== null && 'code' in value && 'problems' in value
}

async function failureOf(response: globalThis.Response): Promise<ApiFailure> {
  const body: unknown = await response.json().catch(() => undefined)
  return new ApiFailure(response.status, isErrorBody(body) ? body : unexpected(response.status))
}

/** True for an error of a request that was aborted on purpose. */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** What to show for anything thrown by a request. */
export function toFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ApiFailure(0, { code: 'UNEXPECTED', message, hint: 'Reload the page.', problems: [] })
}

async function send(
  { fetch }: ClientOptions,
  path: string,
  options: RequestOptions,
): Promise<globalThis.Response> {
  try {
    return await fetch(`${API_PREFIX}${path}`, initOf(options))
  } catch (error) {
    throw isAborted(error) ? error : new ApiFailure(0, UNREACHABLE)
  }
}

export function createClient(clientOptions: ClientOptions): Client {
  return {
    async request<T>(path: string, options: RequestOptions = {}): Promise<Response<T>> {
      const response = await send(clientOptions, path, options)
      if (!response.ok) {
        const failure = await failureOf(response)
        if (failure.code === 'SESSION_MISSING') clientOptions.onSessionMissing()
        throw failure
      }
      const hasBody = response.status !== 204
      // The schemas of the API describe the body, and its tests check them.
      const body = (hasBody ? await response.json() : undefined) as T
      return { body, etag: response.headers.get('etag') }
    },
  }
}
