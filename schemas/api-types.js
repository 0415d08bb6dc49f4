/**
 * The types of the console's API, from schemas/api/. Own code, because json-schema-to-typescript
 * names a type for each definition, and `Connection` or `Run` are names of other types already.
 */

const NAMED = /#\/\$defs\/(\w+)$/

function literal(value) {
  return JSON.stringify(value)
}

function propertyText(name, schema, isRequired) {
  const text = schema.description ? `/** ${schema.description} */\n` : ''
  return `${text}${name}${isRequired ? '' : '?'}: ${typeText(schema)}`
}

/** A property with a default is always present, because validation fills it in. */
function objectText({ properties, required = [], additionalProperties }) {
  if (!properties) {
    const isMap = typeof additionalProperties === 'object'
    return `Record<string, ${isMap ? typeText(additionalProperties) : 'JsonValue'}>`
  }
  const members = Object.entries(properties).map(([name, schema]) =>
    propertyText(name, schema, required.includes(name) || 'default' in schema),
  )
  return `{\n${members.join('\n')}\n}`
}

const SIMPLE = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean' }

function oneTypeText(type, schema) {
  if (type === 'null') return 'null'
  if (type === 'array') return `(${typeText(schema.items ?? {})})[]`
  return type === 'object' ? objectText(schema) : SIMPLE[type]
}

function typeText(schema) {
  if (schema.$ref) return `ApiSchemas['${NAMED.exec(schema.$ref)[1]}']`
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' | ')
  if ('const' in schema) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  return [schema.type]
    .flat()
    .map((type) => oneTypeText(type, schema))
    .join(' | ')
}

/** @param definitions by name */
export function apiTypes(definitions) {
  const members = Object.entries(definitions).map(([name, schema]) =>
    propertyText(name, schema, true),
  )
  return `import type { JsonValue } from '../../singer/json.ts'

/** Every schema of the API by its name. */
export interface ApiSchemas {
${members.join('\n')}
}

/** The type of a schema of the API. */
export type Api<Name extends keyof ApiSchemas> = ApiSchemas[Name]
`
}
