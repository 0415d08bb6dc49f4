/**
 * Rules that the fast path checks while it reads a value, derived from a SCHEMA. They allow nothing
 * that the full validation would reject. What rules cannot express is left to the full validation.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'

/** Inclusive bounds of a number. */
interface Range {
  least: number
  most: number
}

export interface TextRules {
  /** In code points. */
  minLength: number
  maxLength: number
  format: 'date' | 'date-time' | undefined
}

/** What a value may be. A kind without rules is not allowed. */
export interface ValueRules {
  allowsNull: boolean
  allowsBoolean: boolean
  integer?: Range
  /** For all numbers, integers included. */
  number?: Range
  string?: TextRules
  array?: { items: ValueRules }
  object?: ObjectRules
}

export interface ObjectRules {
  properties: readonly PropertyRules[]
  /** For all other properties; undefined if none are allowed. */
  others: ValueRules | undefined
}

export interface PropertyRules {
  /** The name as JSON in UTF-8, with the fewest escapes. */
  key: Uint8Array
  rules: ValueRules
}

export interface RecordRules {
  properties: ReadonlyMap<string, ValueRules>
  required: ReadonlySet<string>
}

/** For records that are not validated. */
export const UNCHECKED: RecordRules = { properties: new Map(), required: new Set() }

const ANY_NUMBER: Range = { least: -Infinity, most: Infinity }
const ANY_TEXT: TextRules = { minLength: 0, maxLength: Infinity, format: undefined }

export const ANYTHING: ValueRules = {
  allowsNull: true,
  allowsBoolean: true,
  integer: ANY_NUMBER,
  number: ANY_NUMBER,
  string: ANY_TEXT,
  array: {
    get items() {
      return ANYTHING
    },
  },
  object: {
    properties: [],
    get others() {
      return ANYTHING
    },
  },
}

const KNOWN_KEYWORDS = new Set(
  'type format minimum maximum minLength maxLength items properties additionalProperties'.split(
    ' ',
  ),
)

function numberOr(value: JsonValue | undefined, instead: number): number | undefined {
  if (value === undefined) return instead
  return typeof value === 'number' ? value : undefined
}

function rangeOf(schema: JsonObject): Range | undefined {
  const least = numberOr(schema['minimum'], -Infinity)
  const most = numberOr(schema['maximum'], Infinity)
  return least === undefined || most === undefined ? undefined : { least, most }
}

function textRulesOf(schema: JsonObject): TextRules | undefined {
  const minLength = numberOr(schema['minLength'], 0)
  const maxLength = numberOr(schema['maxLength'], Infinity)
  if (minLength === undefined || maxLength === undefined) return undefined
  const { format } = schema
  return {
    minLength,
    maxLength,
    format: format === 'date' || format === 'date-time' ? format : undefined,
  }
}

/** Undefined if the rules of a property cannot be expressed. */
function propertyRules(schemas: JsonValue | undefined): Map<string, ValueRules> | undefined {
  const rules = new Map<string, ValueRules>()
  if (!isJsonObject(schemas)) return rules
  for (const [name, schema] of Object.entries(schemas)) {
    const found = rulesOf(schema)
    if (!found) return undefined
    rules.set(name, found)
  }
  return rules
}

function objectRules(schema: JsonObject): ObjectRules | undefined {
  const { additionalProperties: open = true } = schema
  const named = propertyRules(schema['properties'])
  const properties =
    named && [...named].map(([name, rules]) => ({ key: Buffer.from(JSON.stringify(name)), rules }))
  const others = open === false ? undefined : rulesOf(open)
  const isKnown = properties !== undefined && (open === false || others !== undefined)
  return isKnown ? { properties, others } : undefined
}

function withType(rules: ValueRules, type: JsonValue, schema: JsonObject): boolean {
  if (typeof type !== 'string') return false
  switch (type) {
    case 'null':
      rules.allowsNull = true
      return true
    case 'boolean':
      rules.allowsBoolean = true
      return true
    case 'integer':
    case 'number': {
      const range = rangeOf(schema)
      if (range) rules[type === 'integer' ? 'integer' : 'number'] = range
      return range !== undefined
    }
    case 'string': {
      const text = textRulesOf(schema)
      if (text) rules.string = text
      return text !== undefined
    }
    case 'array': {
      const items = rulesOf(schema['items'] ?? true)
      if (items) rules.array = { items }
      return items !== undefined
    }
    case 'object': {
      const object = objectRules(schema)
      if (object) rules.object = object
      return object !== undefined
    }
    default:
      return false
  }
}

/**
 * The rules of `anyOf`: what one of the members allows. If two have rules for the same kind, the
 * first one's apply, which allows less than the SCHEMA does.
 */
function unionOfFirst(members: JsonValue): ValueRules | undefined {
  if (!Array.isArray(members)) return undefined
  const all = members.map(rulesOf)
  let union: ValueRules = { allowsNull: false, allowsBoolean: false }
  for (const rules of all) {
    if (!rules) return undefined
    union = {
      ...rules,
      ...union,
      allowsNull: union.allowsNull || rules.allowsNull,
      allowsBoolean: union.allowsBoolean || rules.allowsBoolean,
    }
  }
  return union
}

/** Undefined if the rules of the schema cannot be expressed. */
function rulesOf(schema: JsonValue): ValueRules | undefined {
  if (!isJsonObject(schema)) return schema === true ? ANYTHING : undefined
  const keywords = Object.keys(schema)
  if (keywords.length === 0) return ANYTHING
  if (keywords.length === 1 && schema['anyOf'] !== undefined) return unionOfFirst(schema['anyOf'])
  const { type } = schema
  if (type === undefined || !keywords.every((keyword) => KNOWN_KEYWORDS.has(keyword)))
    return undefined
  const rules: ValueRules = { allowsNull: false, allowsBoolean: false }
  const types = Array.isArray(type) ? type : [type]
  return types.every((name) => withType(rules, name, schema)) ? rules : undefined
}

const ROOT_KEYWORDS = new Set(['$id', 'type', 'properties', 'required', 'definitions', '$defs'])

/**
 * The rules for the records of a stream; undefined if rules cannot express all of the schema.
 * @param schema the part of the SCHEMA that is validated.
 */
export function recordRulesOf(schema: JsonObject): RecordRules | undefined {
  const { type = 'object', required = [] } = schema
  const types = Array.isArray(type) ? type : [type]
  const isPlain = Object.keys(schema).every((keyword) => ROOT_KEYWORDS.has(keyword))
  if (!isPlain || !types.includes('object') || !Array.isArray(required)) return undefined
  const properties = propertyRules(schema['properties'])
  const isKnown = required.every((name) => typeof name === 'string' && properties?.has(name))
  return properties && isKnown ? { properties, required: new Set(required.map(String)) } : undefined
}

const MAX_BYTES_PER_CHAR = 4

/** Whether a string of this many UTF-8 bytes certainly has an allowed length. */
export function isLengthAllowed(rules: TextRules, bytes: number): boolean {
  return bytes <= rules.maxLength && Math.ceil(bytes / MAX_BYTES_PER_CHAR) >= rules.minLength
}

/** @param number exactly the number that was written. */
export function isNumberAllowed(rules: ValueRules, number: number): boolean {
  const { integer, number: any } = rules
  if (any && number >= any.least && number <= any.most) return true
  return (
    integer !== undefined &&
    Number.isInteger(number) &&
    number >= integer.least &&
    number <= integer.most
  )
}
