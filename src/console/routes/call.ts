/** What a handler gets and returns. Handlers know nothing about HTTP but this. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../api/problems.ts'
import type { OperationId } from '../api/operations.ts'
import type { PublicEtags } from '../security/public-etags.ts'

/** Whether a request replaces the version of a document with this ETag. */
export type ReplacesVersion = (etag: string) => boolean

export interface Call {
  /** Names in the path. */
  params: Readonly<Record<string, string>>
  /** Validated against the schema of the operation. */
  query: unknown
  /** Validated against the schema of the operation. */
  body: unknown
  /** From If-Match. Always false when the operation needs none. */
  version: ReplacesVersion
  request: FastifyRequest
  reply: FastifyReply
}

export interface Answer {
  /** @default the status of the operation */
  status?: number
  /** The body: JSON, or text with the media type of the operation. @default none */
  body?: unknown
  /** ETag of the stored document. The response has a public one in its place. */
  etag?: string
  headers?: Readonly<Record<string, string>>
}

type Handler = (call: Call) => Promise<Answer>

export type Handlers<Id extends OperationId = OperationId> = Readonly<Record<Id, Handler>>

/** A name in the path. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}

/**
 * What the header If-Match names. A proxy that compresses makes ETags weak, and the page sends them
 * back so. Throws VERSION_MISSING.
 */
export function parseIfMatch(
  header: string | undefined,
  etags: Pick<PublicEtags, 'of'>,
): ReplacesVersion {
  const version = /^(?:W\/)?"([\w-]+)"$/.exec(header ?? '')?.[1]
  if (version !== undefined) return (etag) => etags.of(etag) === version
  throw new ApiError(
    'VERSION_MISSING',
    'The header If-Match must hold the ETag of the version that this replaces.',
    {
      hint: 'Read the document first.',
    },
  )
}
