/** Compares responses with the schemas of the API. */

import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { COMPONENTS, refTo } from '../../../src/console/api/components.ts'
import {
  OPERATIONS,
  type OperationId,
  type SchemaName,
} from '../../../src/console/api/operations.ts'
import { errorTexts } from '../../../src/console/api/openapi.ts'
import { parseEpochMs } from '../../../src/rfc3339.ts'

const ajv = new Ajv2020({ allErrors: true, strict: false })
ajv.addFormat('date-time', (text: string) => parseEpochMs(text) !== undefined)
ajv.addFormat('uri', (text: string) => URL.canParse(text))
ajv.addSchema({ $id: 'api', components: { schemas: COMPONENTS } })

const compiled = new Map<SchemaName, ValidateFunction>()

/** Fails unless the value matches the schema, without any other property. */
export function assertMatchesApi(name: SchemaName, value: unknown): void {
  const validate = compiled.get(name) ?? ajv.compile({ $ref: `api${refTo(name).$ref}` })
  compiled.set(name, validate)
  assert.ok(validate(value), `${name}: ${JSON.stringify([validate.errors, value], undefined, 2)}`)
}

/** Fails unless the operation may answer this way. */
export function assertContract(id: OperationId, status: number, body: unknown): void {
  const operation = OPERATIONS[id]
  const { response, status: success } = operation
  if (status === success) {
    if (response) assertMatchesApi(response, body)
    return
  }
  const known = Object.keys(errorTexts(operation))
  assert.ok(known.includes(String(status)), `${id} answered ${status}: ${JSON.stringify(body)}`)
  assertMatchesApi('Error', body)
}
