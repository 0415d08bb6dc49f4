/** The operations of the API, as data: `schemas/api/operations.json`. */

import table from '../../../schemas/api/operations.json' with { type: 'json' }
import type { ApiSchemas } from './schemas.generated.ts'

export type SchemaName = keyof ApiSchemas
export type OperationId = keyof typeof table

export interface Operation {
  tag: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below `/api/v1`, with names in braces. */
  path: string
  summary: string
  body?: SchemaName
  query?: SchemaName
  /** Status of a response without an error. */
  status: number
  /** Schema of its body. @default no body, or text */
  response?: SchemaName
  /** @default application/json */
  media?: string
  /** Whether the response has an ETag. */
  etag?: boolean
  /** Whether the request needs If-Match: always, or only for a document that exists. */
  ifMatch?: true | 'existing'
  /** What the status 204 means, for an operation that may answer it in place of `status`. */
  noContent?: string
  /** Whether it needs no session. */
  isPublic?: boolean
  /** What these statuses mean here. */
  errors?: Readonly<Record<string, string>>
}

// TypeScript widens the strings of a JSON file. A test checks the table.
export const OPERATIONS = table as unknown as Readonly<Record<OperationId, Operation>>

export const OPERATION_IDS = Object.keys(OPERATIONS) as readonly OperationId[]

export const API_PREFIX = '/api/v1'
