/** Validates requests against the schemas of the API, for Fastify. */

import type { ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parseEpochMs } from '../../rfc3339.ts'
import type { FieldProblem } from './problems.ts'
import { COMPONENTS, refTo } from './components.ts'
import type { SchemaName } from './operations.ts'

const ROOT = 'api'

function createAjv(coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: false,
    coerceTypes,
    useDefaults: true,
    strict: false,
    // The schemas are ours, and tests validate them.
    validateSchema: false,
  })
  ajv.addFormat('date-time', (text: string) => parseEpochMs(text) !== undefined)
  ajv.addFormat('uri', (text: string) => URL.canParse(text))
  ajv.addSchema({ $id: ROOT, components: { schemas: COMPONENTS } })
  return ajv
}

function fieldOf({ instancePath, keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll('/', '.')
  const names: Record<string, unknown> = params
  const name =
    names[
      { required: 'missingProperty', additionalProperties: 'additionalProperty' }[keyword] ?? ''
    ]
  return [path, name].filter((part) => typeof part === 'string' && part !== '').join('.')
}

/** What is wrong, without any value of the request. */
function messageOf({ keyword, message = 'is not valid' }: ErrorObject): string {
  if (keyword === 'required') return 'is missing'
  return keyword === 'additionalProperties' ? 'is not known' : message
}

type Validation = { value: unknown } | { problems: FieldProblem[] }

export type Validate = (value: unknown) => Validation

/**
 * Compiles the validators of requests. Values of a query are strings, so their types are coerced;
 * those of a body are not.
 */
export function createValidators(): (name: SchemaName, part: 'body' | 'query') => Validate {
  const ajvs = { body: createAjv(false), query: createAjv(true) }
  return (name, part) => {
    const ref = `${ROOT}${refTo(name).$ref}`
    const validate = ajvs[part].compile({ $ref: ref })
    return (value) => {
      if (validate(value)) return { value }
      const errors = validate.errors ?? []
      return {
        problems: errors.map((error) => ({ field: fieldOf(error), message: messageOf(error) })),
      }
    }
  }
}
