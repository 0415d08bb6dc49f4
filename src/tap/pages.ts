/** Follows `next` to the end of a list, and refuses everything that only looks like one. */

import { AppError } from '../errors.ts'
import {
  isJsonObject,
  JsonNumber,
  printJson,
  type JsonObject,
  type JsonValue,
} from '../singer/json.ts'
import type { ApiClient } from './client.ts'
import { PRIORITY, type Priority } from './rate-limit.ts'
import { errorDetail } from './retry.ts'

const MAX_KNOWN_PAGES = 20
const MAX_EMPTY_PAGES = 100

export interface ListRequest {
  path: string
  dataKey: string
  query: Readonly<Record<string, string>>
  /** Set for what is read before its turn: other requests go first, and a list that was begun before one that was not. */
  isAhead?: boolean
}

/** What is asked for, and how to take secrets out of what is told about the answer. */
type Asked = ListRequest & { masked: (text: string) => string }

interface Page {
  records: JsonObject[]
  /** Undefined on the last page. */
  next: string | undefined
}

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

/** What tells one row from another, whatever else of it changes; the whole row where it has no id. */
function idOf(row: JsonObject): string {
  return printJson(row['id'] ?? row)
}

/**
 * Notices a list that goes in circles: by a token that comes back, by pages without end that are empty, or whose rows are all known.
 * Rows that are made or edited while the list is read move to its front and push known ones to later pages, so a page may well repeat
 * rows, and a short one hold nothing else. It takes as many changes as a page has rows between each two requests, though, for page
 * after page without one new row: MAX_KNOWN_PAGES in a row are no list that moves but a cursor that leads nowhere.
 */
class LoopGuard {
  readonly #request: ListRequest
  readonly #tokens = new Set<string>()
  readonly #ids = new Set<string>()
  #emptyPages = 0
  /** Since the last page that had a new row. */
  #knownPages = 0

  constructor(request: ListRequest) {
    this.#request = request
  }

  check(page: Page): void {
    if (page.next === undefined) return
    if (this.#tokens.has(page.next)) throw this.#loop('a cursor came back')
    this.#tokens.add(page.next)
    if (page.records.length === 0) {
      if (++this.#emptyPages > MAX_EMPTY_PAGES) throw this.#loop('too many pages were empty')
      return
    }
    const known = this.#ids.size
    for (const row of page.records) this.#ids.add(idOf(row))
    this.#knownPages = this.#ids.size > known ? 0 : this.#knownPages + 1
    if (this.#knownPages > MAX_KNOWN_PAGES) throw this.#loop('the same rows came back')
  }

  #loop(reason: string): AppError {
    return new AppError(
      'CURSOR_LOOP',
      `The pages of GET ${this.#request.path} go in circles: ${reason}.`,
      {
        hint: "Try again; if it stays so, tell Customer.io's support.",
      },
    )
  }
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
  const guard = new LoopGuard(request)
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
