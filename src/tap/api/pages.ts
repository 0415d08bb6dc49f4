/** Follows `next` to the end of a list. Rejects every response that is not a valid page. */

import { AppError } from '../../errors.ts'
import {
  isJsonObject,
  JsonNumber,
  printJson,
  type JsonObject,
  type JsonValue,
} from '../../singer/json.ts'
import type { ApiClient } from './client.ts'
import { LoopGuard, type Page } from './loop-guard.ts'
import { PRIORITY, type Priority } from '../rate-limit/rate-limit.ts'
import { errorDetail } from './retry.ts'

export interface ListRequest {
  path: string
  dataKey: string
  /** The key holds one row, or a value of the only row, instead of a list. */
  isSingle?: true
  query: Readonly<Record<string, string>>
  /**
   * Other requests precede those of a prefetched list, and lists that have begun precede the
   * others.
   */
  isPrefetch?: boolean
}

/** The request, and a function that masks the secrets in quotes of its response. */
type MaskedRequest = ListRequest & { masked: (text: string) => string }

function invalidPage(request: ListRequest, what: string): AppError {
  return new AppError('BAD_RESPONSE', `The response to GET ${request.path} ${what}.`)
}

/** Whether the response reports errors; `[]`, {}, "" and null under `errors` report none. */
function hasErrors(body: JsonObject): boolean {
  const errors = body['errors']
  return typeof errors === 'object' && errors !== null
    ? Object.keys(errors).length > 0
    : Boolean(errors)
}

/**
 * `[]` and null under the data key are an empty list, unless the response also reports errors. A
 * missing key is invalid, such as in an error body with status 200.
 */
function recordsIn(body: JsonValue, request: MaskedRequest): JsonObject[] {
  if (!isJsonObject(body)) throw invalidPage(request, 'is not a JSON object')
  const detail = hasErrors(body)
    ? `: ${errorDetail(printJson({ errors: body['errors'] ?? null }), request.masked)}`
    : ''
  if (!Object.hasOwn(body, request.dataKey)) {
    throw invalidPage(request, `has no \`${request.dataKey}\`${detail}`)
  }
  if (request.isSingle) return [singleRow(body, request)]
  const list = body[request.dataKey] ?? []
  if (!Array.isArray(list)) throw invalidPage(request, `has no list under \`${request.dataKey}\``)
  if (list.length === 0 && detail !== '') {
    throw invalidPage(request, `has an empty \`${request.dataKey}\` and errors${detail}`)
  }
  if (!list.every(isJsonObject)) throw invalidPage(request, 'has a list item that is not an object')
  return list
}

function singleRow(body: JsonObject, request: MaskedRequest): JsonObject {
  const value = body[request.dataKey]
  if (isJsonObject(value)) return value
  if (value === null || Array.isArray(value) || hasErrors(body))
    throw invalidPage(request, `has no object and no value under \`${request.dataKey}\``)
  return body
}

/** An empty string, null and an absent key end the list. A number is a token like any other. */
function nextIn(body: JsonValue, request: ListRequest): string | undefined {
  const next = isJsonObject(body) ? body['next'] : undefined
  if (next === undefined || next === null || next === '') return undefined
  if (typeof next === 'string') return next
  if (typeof next === 'number') return String(next)
  if (next instanceof JsonNumber) return next.text
  throw invalidPage(request, 'has a `next` that is not a token')
}

function priorityOf(request: ListRequest, start: string | undefined): Priority {
  if (!request.isPrefetch) return PRIORITY.normal
  return start === undefined ? PRIORITY.prefetch : PRIORITY.begunPrefetch
}

/**
 * The list, page by page: short and empty pages do not end it. The next page is requested when the
 * caller asks for it. Throws BAD_RESPONSE, CURSOR_LOOP and the errors of `ApiClient.get`.
 */
export async function* pagesOf(
  client: ApiClient,
  request: ListRequest,
): AsyncGenerator<JsonObject[]> {
  const guard = new LoopGuard(request.path)
  const maskedRequest: MaskedRequest = { ...request, masked: (text) => client.masked(text) }
  let start: string | undefined
  do {
    const page: Page = await client.get({
      path: request.path,
      priority: priorityOf(request, start),
      query: { ...request.query, ...(start !== undefined && { start }) },
      read: (body) => ({ records: recordsIn(body, maskedRequest), next: nextIn(body, request) }),
    })
    guard.check(page)
    yield page.records
    start = page.next
  } while (start !== undefined)
}
