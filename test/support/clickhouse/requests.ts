/**
 * Reads a request to ClickHouse's HTTP interface, and the parameters of its URL.
 * https://clickhouse.com/docs/interfaces/http
 */

import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { EngineContext } from './engine.ts'

export interface ClickHouseRequest {
  /** The statement. Data for an INSERT may follow in `data`. */
  statement: string
  data: Buffer
  context: EngineContext
  format: string
  acceptsGzip: boolean
}

/** Parameters of the interface itself. All others are settings. */
const OWN_PARAMETERS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'role',
  'session_id',
])

/** Settings that only the HTTP server has, and chdb refuses. */
const SERVER_SETTINGS = new Set(['enable_http_compression', 'wait_end_of_query'])

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const isGzip = request.headers['content-encoding'] === 'gzip'
  const stream = isGzip ? request.pipe(createGunzip()) : request
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The name and password that the request gives; undefined without any. */
export function credentialsOf({ headers }: IncomingMessage): string | undefined {
  const user = headers['x-clickhouse-user']
  if (typeof user === 'string') return `${user}:${String(headers['x-clickhouse-key'] ?? '')}`
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
  return basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
}

export async function readRequest(request: IncomingMessage): Promise<ClickHouseRequest> {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const body = await bodyOf(request)
  const query = searchParams.get('query')
  const settings = [...searchParams].filter(
    ([name]) => !OWN_PARAMETERS.has(name) && !SERVER_SETTINGS.has(name),
  )
  const header = request.headers['x-clickhouse-format']
  return {
    statement: query ?? body.toString('utf8'),
    data: query === null ? Buffer.alloc(0) : body,
    context: { database: searchParams.get('database') ?? 'default', settings: new Map(settings) },
    format: String(header ?? searchParams.get('default_format') ?? 'TabSeparated'),
    acceptsGzip:
      searchParams.get('enable_http_compression') === '1' &&
      /\bgzip\b/.test(request.headers['accept-encoding'] ?? ''),
  }
}
