import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validate } from '@readme/openapi-parser'
import { COMPONENTS, DEFINITION_NAMES } from '../../../src/console/api/components.ts'
import { errorTexts, openApiDocument } from '../../../src/console/api/openapi.ts'
import { OPERATION_IDS, OPERATIONS, type OperationId } from '../../../src/console/api/operations.ts'

const document = openApiDocument('1.0.0', 'session')

/** Every reference in a value. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  )
}

/** The operations that do not declare all of these statuses. */
function undeclared(ids: readonly OperationId[], ...statuses: string[]): OperationId[] {
  return ids.filter((id) => statuses.some((status) => !(status in errorTexts(OPERATIONS[id]))))
}

test('the OpenAPI document is valid', async () => {
  const result = await validate(structuredClone(document) as never)
  assert.deepEqual(result.valid ? [] : result.errors, [])
})

test('every reference names a schema, and every schema is used', () => {
  const names = [...new Set(refsIn(document))].map(
    (ref) => /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1],
  )
  assert.deepEqual(
    names.filter((name) => name === undefined || !Object.hasOwn(COMPONENTS, name)),
    [],
  )
  const inQueries = OPERATION_IDS.map((id) => OPERATIONS[id].query)
  const used = new Set<string | undefined>([...names, ...inQueries])
  assert.deepEqual(
    Object.keys(COMPONENTS).filter((name) => !used.has(name)),
    [],
  )
})

test('no two schema files use one name', () => {
  assert.equal(new Set(DEFINITION_NAMES).size, DEFINITION_NAMES.length)
})

test('responses know no other properties, except where the content is free', () => {
  const free = new Set(['Settings', 'Document', 'JsonSchema', 'ConnectionCounts', 'RunSeries'])
  const open = Object.entries(COMPONENTS)
    .filter(([name, schema]) => schema['type'] === 'object' && !free.has(name))
    .filter(([, schema]) => schema['additionalProperties'] !== false)
  assert.deepEqual(
    open.map(([name]) => name),
    [],
  )
})

test('every change of a document needs its version', () => {
  const changing = OPERATION_IDS.filter(
    (id) =>
      /^\/(connections|destinations)\/\{name\}$/.test(OPERATIONS[id].path) &&
      OPERATIONS[id].method !== 'get',
  )
  assert.deepEqual(
    changing.filter((id) => OPERATIONS[id].ifMatch !== true),
    [],
  )
  assert.equal(changing.length, 6)
  const drafts = OPERATION_IDS.filter((id) => OPERATIONS[id].path === '/drafts/{name}')
  const required = drafts.map((id) => [OPERATIONS[id].method, OPERATIONS[id].ifMatch])
  assert.deepEqual(required, [
    ['get', undefined],
    ['put', 'existing'],
    ['delete', 'existing'],
  ])
})

test('an operation declares what its body, its version and its keys can make it answer', () => {
  const withBody = OPERATION_IDS.filter((id) => OPERATIONS[id].body !== undefined)
  assert.deepEqual(undeclared(withBody, '413', '415'), [])
  assert.deepEqual(undeclared(['testKey', 'measureCost', 'checkConnection'], '409', '504'), [])
  assert.deepEqual(undeclared(['pauseConnection', 'resumeConnection'], '409', '412'), [])
  const versioned = OPERATION_IDS.filter((id) => OPERATIONS[id].ifMatch !== undefined)
  assert.deepEqual(undeclared(versioned, '412', '428'), [])
  const paths = document['paths'] as Record<string, { get: { responses: object } }>
  const { responses } = paths['/connections/{name}/runs/{run_id}/events']?.get ?? {}
  assert.ok('204' in (responses ?? {}))
})
