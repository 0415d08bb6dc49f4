/** Follows `next` to the end of a list, and refuses everything that only looks like one. */

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
import { PRIORITY, type Priority } from './rate-limit.ts'
import { errorDetail } from './retry.ts'

export interface ListRequest {
  path: string
  dataKey: string
  query: Readonly<Record<string, string>>
  /** Set for what is read before its turn: other requests go first, and a list that was begun before one that was not. */
  isAhead?: boolean
}

/** What is asked for, and how to take secrets out of what is told about the answer. */
type Asked = ListRequest & { masked: (text: string) => string }

function nonsense(request: ListRequest, what: string): AppError {
  return new AppError('BAD_RESPONSE', `The answer to GET ${request.path} ${what}.`)
}

/** Whether the answer tells of errors: `[]`, {}, "" and null under `errors` tell of none. */
function tellsErrors(body: JsonObject): boolean {
  const errors = body['errors']
  return typeof errors === 'object' && errors !== null
    ? Object.keys(errors).length > 0
    : Boolean(errors)
}

/**
 * `[]` and null under the data key are an empty list, unless the answer tells of errors as well; a missing key is nonsense (an error
 * body with status 200, for example).
 */
function recordsIn(body: JsonValue, request: Asked): JsonObject[] {
  if (!isJsonObject(body)) throw nonsense(request, 'is no JSON object')
  const detail = tellsErrors(body)
    ? `: ${errorDetail(printJson({ errors: body['errors'] ?? null }), request.masked)}`
    : ''
  if (!Object.hasOwn(body, request.dataKey)) {
    throw nonsense(request, `has no \`${request.dataKey}\`${detail}`)
  }
  const list = body[request.dataKey] ?? []
  if (!Array.isArray(list)) throw nonsense(request, `has no list under \`${request.dataKey}\``)
  if (list.length === 0 && detail !== '') {
    throw nonsense(request, `has nothing under \`${request.dataKey}\`, but errors${detail}`)
  }
  if (!list.every(isJsonObject)) throw nonsense(request, `lists something that is no object`)
  return list
}

/** "", null and an absent key end the list; a number is a token like any other. */
function nextIn(body: JsonValue, request: ListRequest): string | undefined {
  const next = isJsonObject(body) ? body['next'] : undefined
  if (next === undefined || next === null || next === '') return undefined
  if (typeof next === 'string') return next
  if (typeof next === 'number') return String(next)
  if (next instanceof JsonNumber) return next.text
  throw nonsense(request, 'has no token under `next`')
}

function priorityOf(request: ListRequest, start: string | undefined): Priority {
  if (!request.isAhead) return PRIORITY.normal
  return start === undefined ? PRIORITY.ahead : PRIORITY.begun
}

/**
 * The list, page by page, to its very end: short and empty pages do not end it. The next page is asked for when the caller comes
 * back for it. Throws BAD_RESPONSE and CURSOR_LOOP, and what `ApiClient.get` throws.
 */
export async function* pagesOf(
  client: ApiClient,
  request: ListRequest,
): AsyncGenerator<JsonObject[]> {
  const guard = new LoopGuard(request.path)
  const asked: Asked = { ...request, masked: (text) => client.masked(text) }
  let start: string | undefined
  do {
    const page: Page = await client.get({
      path: request.path,
      priority: priorityOf(request, start),
      query: { ...request.query, ...(start !== undefined && { start }) },
      read: (body) => ({ records: recordsIn(body, asked), next: nextIn(body, request) }),
    })
    guard.check(page)
    yield page.records
    start = page.next
  } while (start !== undefined)
}
