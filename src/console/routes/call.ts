/** What a handler gets and returns. Handlers know nothing about HTTP but this. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../api/problems.ts'
import type { OperationId } from '../api/operations.ts'

export interface Call {
  /** Names in the path. */
  params: Readonly<Record<string, string>>
  /** Validated against the schema of the operation. */
  query: unknown
  /** Validated against the schema of the operation. */
  body: unknown
  /** The version that the request replaces; empty when the operation does not always need one. */
  version: string
  request: FastifyRequest
  reply: FastifyReply
}

export interface Answer {
  /** @default the status of the operation */
  status?: number
  /** The body: JSON, or text with the media type of the operation. @default none */
  body?: unknown
  /** Version of the document in the body. */
  etag?: string
  headers?: Readonly<Record<string, string>>
}

type Handler = (call: Call) => Promise<Answer>

export type Handlers<Id extends OperationId = OperationId> = Readonly<Record<Id, Handler>>

/** A name in the path. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}

/** Aborted when the client has closed the connection, and when the response is sent. */
export function closedSignal({ reply }: Call): AbortSignal {
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  if (reply.raw.closed) closed.abort()
  return closed.signal
}

/** The header If-Match without its quotes. Throws VERSION_MISSING. */
export function parseIfMatch(header: string | undefined): string {
  const version = /^"([\w-]+)"$/.exec(header ?? '')?.[1]
  if (version !== undefined) return version
  throw new ApiError(
    'VERSION_MISSING',
    'The header If-Match must hold the ETag of the version that this replaces.',
    {
      hint: 'Read the document first.',
    },
  )
}
