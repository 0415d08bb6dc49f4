/** Assembles the OpenAPI document from the operations and their schemas. Pure. */

import type { JsonObject } from '../../singer/json.ts'
import { COMPONENTS, refTo } from './components.ts'
import { API_PREFIX, OPERATION_IDS, OPERATIONS, type Operation } from './operations.ts'

/** What the error statuses of every operation mean. */
const COMMON_ERRORS: Readonly<Record<string, string>> = {
  '400': 'The request does not match its schema.',
  '401': 'There is no session.',
  '403': 'The Host or Origin of the request is not one of the console.',
  '500': 'An unexpected error. The terminal of the console shows it.',
}

const BODY_ERRORS: Readonly<Record<string, string>> = {
  '413': 'The body is larger than 1 MiB.',
  '415': 'The body is not JSON.',
}

function jsonContent(schema: JsonObject, media = 'application/json'): JsonObject {
  return { [media]: { schema } }
}

function errorResponse(description: string): JsonObject {
  return { description, content: jsonContent(refTo('Error')) }
}

/** What each error status of the operation means. */
export function errorTexts(operation: Operation): Readonly<Record<string, string>> {
  const hasName = operation.path.includes('{')
  return {
    ...COMMON_ERRORS,
    ...(operation.body !== undefined && BODY_ERRORS),
    ...(hasName && { '404': 'There is none with this name.' }),
    ...(operation.ifMatch === true && {
      '412': 'Somebody has changed it meanwhile. Read it again.',
      '428': 'If-Match is missing.',
    }),
    ...operation.errors,
  }
}

function errorsOf(operation: Operation): JsonObject {
  const texts = Object.entries(errorTexts(operation))
  return Object.fromEntries(texts.map(([status, text]) => [status, errorResponse(text)]))
}

function successOf(operation: Operation): JsonObject {
  const { response, media, etag, summary, status, noContent } = operation
  const schema = response === undefined ? { type: 'string' } : refTo(response)
  const hasBody = response !== undefined || media !== undefined
  return {
    [String(status)]: {
      description: summary,
      ...(etag && {
        headers: { ETag: { description: 'Version of the document.', schema: { type: 'string' } } },
      }),
      ...(hasBody && { content: jsonContent(schema, media) }),
    },
    ...(noContent !== undefined && { '204': { description: noContent } }),
  }
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'name' ? refTo('Name') : { type: 'string' },
  }))
}

function queryParameters({ query }: Operation): JsonObject[] {
  const properties = query === undefined ? {} : (COMPONENTS[query]['properties'] as JsonObject)
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }))
}

function header(name: string, required: boolean, description: string): JsonObject {
  return { name, in: 'header', required, description, schema: { type: 'string' } }
}

function headerParameters({ ifMatch, media }: Operation): JsonObject[] {
  return [
    ...(ifMatch
      ? [header('If-Match', ifMatch === true, 'The ETag of the version that this replaces.')]
      : []),
    ...(media === 'text/event-stream'
      ? [header('Last-Event-ID', false, 'The id of the last event that arrived.')]
      : []),
  ]
}

function bodyOf({ body, method }: Operation): JsonObject {
  if (body === undefined) return {}
  const media = method === 'patch' ? 'application/merge-patch+json' : 'application/json'
  return { requestBody: { required: true, content: jsonContent(refTo(body), media) } }
}

function operationObject(id: string, operation: Operation): JsonObject {
  const parameters = [
    ...pathParameters(operation.path),
    ...queryParameters(operation),
    ...headerParameters(operation),
  ]
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.isPublic && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(operation),
    responses: { ...successOf(operation), ...errorsOf(operation) },
  }
}

function pathsObject(): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const id of OPERATION_IDS) {
    const operation = OPERATIONS[id]
    const item = operationObject(id, operation)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: item }
  }
  return paths
}

/** @param cookie name of the session cookie */
export function openApiDocument(version: string, cookie: string): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Console of customerio-sync',
      version,
      description: 'Connections of a workspace: status, runs, set-up and data.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: API_PREFIX }],
    security: [{ session: [] }],
    tags: [...new Set(OPERATION_IDS.map((id) => OPERATIONS[id].tag))].map((name) => ({ name })),
    paths: pathsObject(),
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: cookie } },
      schemas: COMPONENTS as JsonObject,
    },
  }
}
