/**
 * Answers without an error of ClickHouse: a proxy, a gateway or another server sent them. Which of
 * them a retry may change, and what to do about the others.
 */

import { ClickHouseError, parseError } from '@clickhouse/client'

/** Of a header: a proxy may send anything. */
const MAX_SERVER = 40
const PASS = 'let it pass these requests, or name the host of ClickHouse itself in `warehouse_url`.'

const HINTS: Readonly<Record<number, string>> = {
  401: `Something before ClickHouse asks for a password of its own: ${PASS}`,
  403: `Something before ClickHouse refuses this client: ${PASS}`,
  407: `Something before ClickHouse asks for a password of its own: ${PASS}`,
  413: 'A proxy before ClickHouse refuses large requests: raise its limit, in nginx `client_max_body_size`.',
  414: 'A proxy before ClickHouse refuses long URLs: raise its limit, in nginx `large_client_header_buffers`.',
  431: 'A proxy before ClickHouse refuses long URLs: raise its limit, in nginx `large_client_header_buffers`.',
}

/** Request timeout, too early, too many requests. */
const TRANSIENT = new Set([408, 425, 429])

/** An answer that is not of ClickHouse. */
export class UnknownAnswer extends Error {
  /** True when the same request may succeed later. */
  readonly isTransient: boolean
  readonly hint: string

  /** `server` is the name that the sender gives itself, if any. */
  constructor(status: number, server: string | undefined) {
    const sender =
      server === undefined ? '' : ` from ${JSON.stringify(server.slice(0, MAX_SERVER))}`
    super(`HTTP ${status}${sender}, without an answer of ClickHouse`)
    this.isTransient = status >= 500 || TRANSIENT.has(status)
    this.hint =
      HINTS[status] ??
      (this.isTransient
        ? 'Something before ClickHouse does not reach it: start the server, or see the log of what is between.'
        : 'Correct the host and the port in `warehouse_url`: something other than ClickHouse answers there.')
  }
}

export interface Answer {
  status: number
  headers: Readonly<Record<string, unknown>>
  body: string
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

export function unknownAnswer(answer: Answer): UnknownAnswer {
  return new UnknownAnswer(answer.status, headerOf(answer, 'server'))
}

/** The error that the answer is; undefined when the statement succeeded. */
export function errorOf(answer: Answer): Error | undefined {
  const { status, body } = answer
  const isFailed = headerOf(answer, 'x-clickhouse-exception-code') !== undefined
  if (!isFailed && status >= 200 && status < 300) return undefined
  const error = parseError(body)
  return error instanceof ClickHouseError ? error : unknownAnswer(answer)
}
