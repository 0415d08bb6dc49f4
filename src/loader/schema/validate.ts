/** Validates records against their SCHEMA, with one ajv instance and one validator per schema. */

import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { AppError } from '../../errors.ts'
import { hasFormat } from '../../rfc3339.ts'
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import { recordRulesOf, type RecordRules } from './rules.ts'
import { Expansions, MAX_EXPANSION, referenced } from './references.ts'

/** Returns undefined for a valid record; otherwise where and why it is invalid, without values. */
export type Validate = (record: JsonObject) => string | undefined

/**
 * The keywords that are validated. Not validated: `pattern` and similar keywords, because a pattern
 * may never finish; `multipleOf`, because doubles are not exact; `uniqueItems`, because it takes
 * quadratic time; references to other documents, because nothing is fetched; references that lead
 * back to themselves or expand to too many schemas.
 */
const KEYWORDS_WITH_VALUES = new Set(
  (
    'type enum const required nullable minimum maximum exclusiveMinimum exclusiveMaximum ' +
    'minLength maxLength minItems maxItems minProperties maxProperties'
  ).split(' '),
)
const KEYWORDS_WITH_SCHEMA = new Set(['items', 'additionalProperties', 'not', 'contains'])
const KEYWORDS_WITH_LIST = new Set(['anyOf', 'oneOf', 'allOf'])
const KEYWORDS_WITH_MAP = new Set(['properties', 'definitions', '$defs'])
const FORMATS = ['date-time', 'date'] as const
const MAX_DEPTH = 200
/** ajv inlines smaller definitions at each reference, and calls larger ones. */
const MAX_INLINED_KEYWORDS = 20
const WIDE_SCHEMA_CHARS = 10_000

/** Properties of these names would be found on every object, because objects inherit them. */
const INHERITED = new RegExp(`"(?:${Object.getOwnPropertyNames(Object.prototype).join('|')})"`)

function define(target: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

/** The position of a part of a schema. */
interface Place {
  depth: number
  root: JsonObject
  expansions: Expansions
}

function checkableMap(schemas: JsonValue, place: Place): JsonObject {
  const copy: JsonObject = {}
  if (!isJsonObject(schemas)) return copy
  for (const [name, schema] of Object.entries(schemas)) {
    // ajv makes a URI of the name, and a URI cannot contain a lone surrogate.
    if (!/\p{Surrogate}/u.test(name)) define(copy, name, checkable(schema, place))
  }
  return copy
}

function checkableReference(pointer: JsonValue, { root, expansions }: Place): string | undefined {
  if (typeof pointer !== 'string' || !/^#(?:\/|$)/.test(pointer)) return undefined
  return expansions.sizeOf(referenced(pointer, root)) <= MAX_EXPANSION ? pointer : undefined
}

function checkableKeyword(keyword: string, value: JsonValue, place: Place): JsonValue | undefined {
  if (KEYWORDS_WITH_MAP.has(keyword)) return checkableMap(value, place)
  if (KEYWORDS_WITH_LIST.has(keyword)) {
    if (!Array.isArray(value) || value.length > MAX_EXPANSION) return undefined
    return value.map((item) => checkable(item, place))
  }
  if (KEYWORDS_WITH_SCHEMA.has(keyword)) {
    return Array.isArray(value) ? undefined : checkable(value, place)
  }
  if (keyword === '$ref') return checkableReference(value, place)
  if (keyword === 'format') return FORMATS.find((format) => format === value)
  if (!KEYWORDS_WITH_VALUES.has(keyword)) return undefined
  // Draft 4 has `exclusiveMinimum: true`, and draft 3 has `required: true`.
  const isBound = keyword.startsWith('exclusive') || /^(?:min|max)/.test(keyword)
  if (isBound)
    return value instanceof JsonNumber
      ? Number(value.text)
      : typeof value === 'number'
        ? value
        : undefined
  if (keyword === 'required') return Array.isArray(value) && value.length > 0 ? value : undefined
  if (keyword === 'enum' && !(Array.isArray(value) && value.length > 0)) return undefined
  return withPlainNumbers(value)
}

/** Returns the part of a schema that can be validated safely. */
function checkable(schema: JsonValue, place: Place): JsonValue {
  if (!isJsonObject(schema)) return typeof schema === 'boolean' ? schema : true
  if (place.depth > MAX_DEPTH) return true
  const copy: JsonObject = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const kept = checkableKeyword(keyword, value, { ...place, depth: place.depth + 1 })
    if (kept !== undefined) copy[keyword] = kept
  }
  if (copy['nullable'] !== undefined && copy['type'] === undefined) delete copy['nullable']
  return copy
}

/** Undeclared properties are skipped, not rejected. */
function checkableRoot(schema: JsonObject): JsonObject {
  const { additionalProperties: _open, ...root } = schema
  const place = { depth: 0, root: schema, expansions: new Expansions(schema) }
  // Without an id, ajv cannot resolve `#` to the root.
  return { $id: 'schema:', ...(checkable(root, place) as JsonObject) }
}

/** Returns a copy with JavaScript numbers, which are close enough to check types and bounds. */
function withPlainNumbers(value: JsonValue): JsonValue {
  if (value instanceof JsonNumber) {
    return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(value.text)))
  }
  if (Array.isArray(value)) return value.map(withPlainNumbers)
  if (!isJsonObject(value)) return value
  const copy: JsonObject = {}
  for (const [key, item] of Object.entries(value)) define(copy, key, withPlainNumbers(item))
  return copy
}

function errorText(errors: readonly ErrorObject[] | null | undefined): string {
  const [error] = errors ?? []
  if (!error) return 'is not valid'
  const allowed =
    error.keyword === 'type' ? String(error.params['type']).replaceAll(',', ' or ') : undefined
  const path = error.instancePath === '' ? 'the record' : error.instancePath
  return `${path} ${allowed === undefined ? error.message : `must be ${allowed}`}`
}

type AjvMode = Pick<Options, 'ownProperties' | 'allErrors'>

/** The ajv options that a schema needs. */
function modeFor(schemaText: string): AjvMode {
  return {
    ownProperties: INHERITED.test(schemaText),
    // Otherwise ajv nests the code of each property in that of the last one: the stack overflows.
    allErrors: schemaText.length > WIDE_SCHEMA_CHARS,
  }
}

function newAjv(mode: AjvMode): Ajv {
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    addUsedSchema: false,
    inlineRefs: MAX_INLINED_KEYWORDS,
    ...mode,
  })
  for (const format of FORMATS) ajv.addFormat(format, (text: string) => hasFormat(text, format))
  return ajv
}

/** Compiles validators, and caches each one by the JSON of its schema. */
export class Validators {
  readonly #bySchema = new Map<string, Validate>()
  readonly #ajvs = new Map<string, Ajv>()

  /** One instance per mode, because most schemas need the same one. */
  #ajv(mode: AjvMode): Ajv {
    const name = `${mode.ownProperties} ${mode.allErrors}`
    const ajv = this.#ajvs.get(name) ?? newAjv(mode)
    this.#ajvs.set(name, ajv)
    return ajv
  }

  #compile(message: SchemaMessage): ValidateFunction {
    const schema = checkableRoot(message.schema)
    try {
      return this.#ajv(modeFor(JSON.stringify(schema))).compile(schema)
    } catch (cause) {
      throw new AppError(
        'INPUT_INVALID',
        `The SCHEMA of stream ${JSON.stringify(message.stream)} is not valid: ${(cause as Error).message.replace(/\.$/, '')}.`,
        { cause },
      )
    }
  }

  /** Returns the rules for the fast path; undefined if rules cannot express the SCHEMA. */
  rulesFor(message: SchemaMessage): RecordRules | undefined {
    return recordRulesOf(checkableRoot(message.schema))
  }

  /** Throws INPUT_INVALID for an invalid schema. */
  validatorFor(message: SchemaMessage): Validate {
    const schemaText = JSON.stringify(message.schema)
    const known = this.#bySchema.get(schemaText)
    if (known) return known
    const check = this.#compile(message)
    const validate: Validate = (record) => {
      // Numbers that no double equals are objects. They are rare: convert them after a failure.
      if (check(record) || check(withPlainNumbers(record))) return undefined
      return errorText(check.errors)
    }
    this.#bySchema.set(schemaText, validate)
    return validate
  }
}
