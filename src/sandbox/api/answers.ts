/**
 * Ready-made faults. They can be combined: `{ ...compressed('gzip'), ...cut(10) }`. Create a new
 * one per rule.
 */

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { JsonObject, JsonValue } from '../../singer/json.ts'
import { isJsonObject, parseJson } from '../../singer/json.ts'
import type { Framing, Point } from './deliver.ts'
import type { Answer } from './faults.ts'
import { encodeCursor } from './pages.ts'
import type { Reply } from './reply.ts'
import { jsonReply, rateLimitedReply } from './reply.ts'
import type { RequestRecord } from './requests.ts'
import { CHILDREN, LISTS } from '../streams.ts'
import { idText } from '../world.ts'

const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const DATA_KEYS = [...Object.values(LISTS), ...Object.values(CHILDREN)].flatMap(
  ({ dataKey, singleKey = dataKey }) => [dataKey, singleKey],
)
const MEGABYTE = 2 ** 20

/** Replaces the real reply. @default an empty 200 without extra headers */
export function replyWith(reply: Partial<Reply>): Answer {
  return { reply: () => ({ status: 200, headers: {}, body: '', ...reply }) }
}

/** A status with the HTML page of a proxy. */
export function htmlPage(status: number, title = 'Service Unavailable'): Answer {
  const body = `<!doctype html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`
  return replyWith({ status, headers: HTML_TYPE, body })
}

/** A status with the error body of Customer.io. */
export function errorStatus(
  status: number,
  detail = 'something failed (reference a1b2c3)',
): Answer {
  return { reply: () => jsonReply({ errors: [{ detail, status: String(status) }] }, status) }
}

/** A 200 with any value as JSON. */
export function jsonBody(value: JsonValue, status = 200): Answer {
  return { reply: () => jsonReply(value, status) }
}

/** A 429. @param retryAfter null omits the header, a list sends it several times */
export function rateLimited(retryAfter: string | readonly string[] | null = '1'): Answer {
  const reply = rateLimitedReply(null)
  if (retryAfter === null) return { reply: () => reply }
  return {
    reply: () => ({ ...reply, headers: { ...reply.headers, 'retry-after': retryAfter } }),
  }
}

export function redirect(status: 301 | 302 | 303 | 307 | 308, location: string): Answer {
  return replyWith({ status, headers: { location } })
}

/** The real reply with a changed JSON body. A body that is not a JSON object stays as it is. */
export function changeBody(
  change: (body: JsonObject, request: RequestRecord) => JsonValue,
): Answer {
  return {
    reply: (original, request) => {
      const body = parseJson(Buffer.from(original.body).toString())
      if (!isJsonObject(body)) return original
      return { ...original, body: jsonReply(change(body, request)).body }
    },
  }
}

/** Sets the data key to `value`. Undefined removes the key. */
export function dataAs(value: JsonValue | undefined): Answer {
  return changeBody((body) => withFields(body, (key) => DATA_KEYS.includes(key), value))
}

/** Sets `next` to `value`. Undefined removes the key. */
export function nextAs(value: JsonValue | undefined): Answer {
  const fields = value === undefined ? {} : { next: value }
  return changeBody((body) => ({
    ...withFields(body, (key) => key === 'next', undefined),
    ...fields,
  }))
}

function withFields(
  body: JsonObject,
  isConcerned: (key: string) => boolean,
  value: JsonValue | undefined,
): JsonObject {
  const entries = Object.entries(body).flatMap(([key, old]) => {
    if (!isConcerned(key)) return [[key, old] as const]
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

/**
 * Real pages whose cursors repeat after `pages` pages. With 1, a page's `next` is its own cursor.
 */
export function repeatedCursor(cycleLength: number): Answer {
  const givenByPath = new Map<string, string[]>()
  return changeBody((body, { path, query }) => {
    const start = query.get('start')
    const given = start ? (givenByPath.get(path) ?? []) : []
    givenByPath.set(path, given)
    if (given.length < cycleLength) {
      const next = body['next'] || encodeCursor(given.length)
      given.push(idText(next))
      return { ...body, next }
    }
    return { ...body, next: given[(given.indexOf(start ?? '') + 1) % given.length] ?? '' }
  })
}

/** The rows of a page, with an `updated` that differs on every page. */
function editedRows(body: JsonObject, page: number): JsonObject {
  return Object.fromEntries(
    Object.entries(body).map(([key, rows]) => {
      if (!DATA_KEYS.includes(key) || !Array.isArray(rows)) return [key, rows]
      return [key, rows.map((row) => (isJsonObject(row) ? { ...row, updated: page } : row))]
    }),
  )
}

/**
 * Endless pages with a new cursor each. Rows: those of the first page, the same edited, or none.
 */
export function endlessCursors(rows: 'same' | 'edited' | 'none' = 'same'): Answer {
  const firstByPath = new Map<string, JsonObject>()
  let position = MEGABYTE
  return changeBody((body, { path }) => {
    const first = firstByPath.get(path) ?? body
    firstByPath.set(path, first)
    const next = encodeCursor(position++)
    switch (rows) {
      case 'same':
        return { ...first, next }
      case 'edited':
        return { ...editedRows(first, position), next }
      case 'none':
        return { ...withFields(body, (key) => DATA_KEYS.includes(key), []), next }
    }
  })
}

export type Encoding = 'gzip' | 'br' | 'deflate' | 'identity'

const COMPRESS: Record<Encoding, (body: Buffer) => Uint8Array> = {
  gzip: (body) => gzipSync(body),
  br: (body) => brotliCompressSync(body),
  deflate: (body) => deflateSync(body),
  identity: (body) => body,
}

/**
 * The real body, compressed. @param label value of `content-encoding`. @default the actual encoding
 */
export function compressed(encoding: Encoding, label: string = encoding): Answer {
  return changeBytes((body) => COMPRESS[encoding](body), { 'content-encoding': label })
}

/** The real body in other bytes, for example with a byte order mark or another charset. */
export function changeBytes(
  change: (body: Buffer) => Uint8Array,
  headers: Reply['headers'] = {},
): Answer {
  return {
    reply: (original) => ({
      ...original,
      headers: { ...original.headers, ...headers },
      body: change(Buffer.from(original.body)),
    }),
  }
}

/**
 * A JSON object that gzip compresses a thousand times. Only the compressed size is held in memory.
 */
export function gzipBomb(bytes: number): Answer {
  const filling = gzipSync(Buffer.alloc(MEGABYTE, ' '))
  const body = Buffer.concat([
    gzipSync('{"newsletters":[],"campaigns":[],"actions":[]'),
    ...Array.from({ length: Math.ceil(bytes / MEGABYTE) }, () => filling),
    gzipSync('}'),
  ])
  return replyWith({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body })
}

/** The real body with an extra field of this many bytes. */
export function hugeBody(bytes: number): Answer {
  return changeBody((body) => ({ ...body, padding: 'x'.repeat(bytes) }))
}

/** An error page that repeats the key: as sent, URL-encoded and in base64. */
export function echoAuthorization(status: number): Answer {
  return {
    reply: (_original, { headers: { authorization = '' } }) => {
      const key = authorization.replace(/^Bearer /, '')
      const shapes = [authorization, encodeURIComponent(key), Buffer.from(key).toString('base64')]
      return jsonReply({ errors: [{ detail: shapes.join(' '), status: String(status) }] }, status)
    },
  }
}

/** The real reply, after a delay. */
export function delayed(delayMs: number): Answer {
  return { delayMs }
}

/** The start of the real reply, then silence. */
export function hang(after: Point = 'nothing', framing: Framing = 'length'): Answer {
  return { deliver: { until: after, ending: 'silence', framing } }
}

/** The start of the real reply, then a connection reset. */
export function reset(after: Point = 'nothing', framing: Framing = 'length'): Answer {
  return { deliver: { until: after, ending: 'reset', framing } }
}

/** The start of the real reply, then an orderly close: a body cut short, or no last chunk. */
export function cut(after: Point, framing: Framing = 'length'): Answer {
  return { deliver: { until: after, ending: 'end', framing } }
}

/** The whole real reply in small pieces. */
export function slow(bytes: number, everyMs: number, from: 'head' | 'body' = 'body'): Answer {
  return { deliver: { pace: { bytes, everyMs, from } } }
}
