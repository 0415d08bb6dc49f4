/** Records against their SCHEMA: one ajv for the process, one validator for each text of a schema. */

import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { AppError } from '../../errors.ts'
import { hasFormat } from '../../rfc3339.ts'
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import { recordRulesOf, type RecordRules } from './rules.ts'
import { Expansions, MAX_EXPANSION, referenced } from './references.ts'

/** Undefined for a valid record; else where and why it is not, without its values. */
export type Validate = (record: JsonObject) => string | undefined

/**
 * Keywords that are checked. Left out: `pattern` and its kin, because a pattern may take for ever; `multipleOf`, because doubles
 * cannot tell; `uniqueItems`, because it takes quadratic time; references to other documents, because nothing is fetched; references
 * that lead back to themselves, or multiply beyond measure.
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
/** Larger definitions are called instead of repeated at each reference. */
const MAX_INLINED_KEYWORDS = 20
const WIDE_SCHEMA_CHARS = 10_000

/** `required` and `properties` of such names would find what every object inherits. */
const INHERITED = new RegExp(`"(?:${Object.getOwnPropertyNames(Object.prototype).join('|')})"`)

function define(target: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

/** Where a part of a schema stands. */
interface Place {
  depth: number
  root: JsonObject
  expansions: Expansions
}

function checkableMap(schemas: JsonValue, place: Place): JsonObject {
  const copy: JsonObject = {}
  if (!isJsonObject(schemas)) return copy
  for (const [name, schema] of Object.entries(schemas)) {
    // ajv makes a URI of the name, and no URI can hold a lone surrogate.
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
  // Draft 4 wrote `exclusiveMinimum: true`, and drafts of hand `required: true`.
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

/** The part of a schema that can be checked safely. */
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

/** Properties that the schema does not know are dropped, not refused. */
function checkableRoot(schema: JsonObject): JsonObject {
  const { additionalProperties: _open, ...root } = schema
  const place = { depth: 0, root: schema, expansions: new Expansions(schema) }
  // Without an id, ajv would not find the root that `#` means.
  return { $id: 'schema:', ...(checkable(root, place) as JsonObject) }
}

/** A copy in which every number is a JavaScript number, close enough for a check of type and bounds. */
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

function faultText(errors: readonly ErrorObject[] | null | undefined): string {
  const [fault] = errors ?? []
  if (!fault) return 'is not valid'
  const allowed =
    fault.keyword === 'type' ? String(fault.params['type']).replaceAll(',', ' or ') : undefined
  const path = fault.instancePath === '' ? 'the record' : fault.instancePath
  return `${path} ${allowed === undefined ? fault.message : `must be ${allowed}`}`
}

type AjvMode = Pick<Options, 'ownProperties' | 'allErrors'>

/** How a schema's validator has to be made. */
function modeFor(schemaText: string): AjvMode {
  return {
    ownProperties: INHERITED.test(schemaText),
    // Without it the code for each property stands within that for the one before, deeper than the stack allows.
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

/** Makes validators; keeps each for the next SCHEMA of the same text. */
export class Validators {
  readonly #bySchema = new Map<string, Validate>()
  readonly #ajvs = new Map<string, Ajv>()

  /** The process's ajv; another one only for schemas that need another mode. */
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
        `The SCHEMA of stream ${JSON.stringify(message.stream)} cannot be used: ${(cause as Error).message.replace(/\.$/, '')}.`,
        { cause },
      )
    }
  }

  /** What of the schema can be checked on a record's bytes; undefined where that is not all of it. */
  rulesFor(message: SchemaMessage): RecordRules | undefined {
    return recordRulesOf(checkableRoot(message.schema))
  }

  /** Throws INPUT_INVALID for a schema that is none. */
  validatorFor(message: SchemaMessage): Validate {
    const schemaText = JSON.stringify(message.schema)
    const known = this.#bySchema.get(schemaText)
    if (known) return known
    const check = this.#compile(message)
    const validate: Validate = (record) => {
      // Numbers that no JavaScript number equals look like objects: rare, so they are turned only when something was wrong.
      if (check(record) || check(withPlainNumbers(record))) return undefined
      return faultText(check.errors)
    }
    this.#bySchema.set(schemaText, validate)
    return validate
  }
}
