/**
 * The column types that every warehouse has: which one a JSON Schema asks for, and which one holds
 * the values of two others without loss.
 */

import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { alternatives, MAX_EXPANSION, referenced, type Alternative } from './references.ts'

export type ColumnType =
  | { kind: 'boolean' }
  /** 64 bits. */
  | { kind: 'integer' }
  /** Exact: `precision` digits, `scale` of them after the decimal point. */
  | { kind: 'decimal'; precision: number; scale: number }
  /** Any JSON number: exact if the database has such a type, otherwise a double. */
  | { kind: 'number' }
  | { kind: 'date' }
  | { kind: 'time' }
  /** An instant in UTC, with microseconds. */
  | { kind: 'timestamp' }
  | { kind: 'text' }
  /** Any JSON value, as JSON. */
  | { kind: 'json' }

export type ColumnKind = ColumnType['kind']

/**
 * The value of one column in one row, by kind:
 * - `boolean`: boolean
 * - `integer`; `decimal`, in units of its last digit; `time`, in microseconds since midnight;
 *   `timestamp`, in microseconds since the epoch: number, or bigint beyond 2^53
 * - `number`: number, or a string of its digits if the dialect's numbers are exact
 * - `date`: days since 1970-01-01
 * - `text`, `json`: string
 *
 * Any of them may be null.
 */
export type Cell = boolean | number | bigint | string | null

/** What joining types needs to know about a database. */
export interface TypeLimits {
  /** The maximum digits of a decimal. */
  maxPrecision: number
  /** Whether `number` holds every decimal number exactly. */
  isNumberExact: boolean
}

/** For decimals whose schema has no digits. */
const DEFAULT_DECIMAL = { precision: 38, scale: 9 }
const MAX_PRECISION = 38
const INTEGER_DIGITS = 19
const MAX_REF_DEPTH = 16

const POWER_OF_TEN = /^-?10*(?:\.0*)?(?:e\+?\d+)?$/i

const DECIMAL_FORMATS = new Set(['singer.decimal', 'x-singer.decimal'])

export function isNumeric({ kind }: ColumnType): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'number'
}

export function isSameType(a: ColumnType, b: ColumnType): boolean {
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    return a.precision === b.precision && a.scale === b.scale
  }
  return a.kind === b.kind
}

function numberText(value: JsonValue | undefined): string | undefined {
  if (value instanceof JsonNumber) return value.text
  return typeof value === 'number' ? String(value) : undefined
}

/** Digits before and after the decimal point, without leading and trailing zeros. */
function digitsOf(text: string): { whole: number; fraction: number } {
  const [mantissa = '', exponentText = '0'] = text.replace(/^-/, '').toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const exponent = Number(exponentText)
  return {
    whole: Math.max(0, whole.replace(/^0+/, '').length + exponent),
    fraction: Math.max(0, fraction.replace(/0+$/, '').length - exponent),
  }
}

/**
 * The most digits before the decimal point that a bound allows. With `exclusiveMaximum: true`, as
 * in draft 4, the bound itself is not allowed: 10^29 then allows 29 digits.
 */
function boundDigits(
  bound: JsonValue | undefined,
  exclusive: JsonValue | undefined,
): number | undefined {
  const isDraft4 = typeof exclusive === 'boolean'
  const text = numberText(bound ?? (isDraft4 ? undefined : exclusive))
  if (text === undefined) return undefined
  const { whole } = digitsOf(text)
  const isExcluded = isDraft4 ? exclusive : bound === undefined
  return isExcluded && POWER_OF_TEN.test(text) ? whole - 1 : whole
}

/** The most digits before the decimal point; undefined unless both bounds are given. */
function wholeDigits(schema: JsonObject): number | undefined {
  const most = boundDigits(schema['maximum'], schema['exclusiveMaximum'])
  const least = boundDigits(schema['minimum'], schema['exclusiveMinimum'])
  return most === undefined || least === undefined ? undefined : Math.max(most, least)
}

function integerType(schema: JsonObject): ColumnType {
  const bounds = [schema['maximum'], schema['minimum']].map(numberText)
  const isWide = bounds.some((bound) => bound !== undefined && isBeyondInt64(bound))
  return isWide ? { kind: 'decimal', precision: MAX_PRECISION, scale: 0 } : { kind: 'integer' }
}

function isBeyondInt64(text: string): boolean {
  if (!/^-?\d+$/.test(text)) return digitsOf(text).whole > INTEGER_DIGITS
  return BigInt.asIntN(64, BigInt(text)) !== BigInt(text)
}

/** `multipleOf: 0.01` means two digits after the decimal point. */
function numberType(schema: JsonObject): ColumnType {
  const step = numberText(schema['multipleOf'])
  if (step === undefined) return { kind: 'number' }
  const { fraction: scale } = digitsOf(step)
  const whole = wholeDigits(schema) ?? MAX_PRECISION - scale
  if (scale === 0 || whole <= 0 || whole + scale > MAX_PRECISION) return { kind: 'number' }
  return { kind: 'decimal', precision: whole + scale, scale }
}

function decimalType(schema: JsonObject): ColumnType {
  const { precision, scale } = schema
  const isUsable =
    typeof precision === 'number' &&
    Number.isInteger(precision) &&
    precision >= 1 &&
    precision <= MAX_PRECISION
  if (!isUsable) return { kind: 'decimal', ...DEFAULT_DECIMAL }
  const digits = typeof scale === 'number' && Number.isInteger(scale) ? scale : 0
  return { kind: 'decimal', precision, scale: Math.min(precision, Math.max(0, digits)) }
}

function stringType(format: JsonValue | undefined): ColumnType {
  if (format === 'date-time') return { kind: 'timestamp' }
  if (format === 'date' || format === 'time') return { kind: format }
  return { kind: 'text' }
}

/** The column type of one JSON type name; undefined for `null` and unknown names. */
function namedType(name: string, schema: JsonObject): ColumnType | undefined {
  const format = schema['format']
  const isDecimal = typeof format === 'string' && DECIMAL_FORMATS.has(format)
  if (isDecimal && (name === 'string' || name === 'number')) return decimalType(schema)
  switch (name) {
    case 'boolean':
      return { kind: 'boolean' }
    case 'integer':
      return integerType(schema)
    case 'number':
      return numberType(schema)
    case 'string':
      return stringType(format)
    case 'object':
    case 'array':
      return { kind: 'json' }
    default:
      return undefined
  }
}

function typeNameOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (value instanceof JsonNumber) return 'number'
  return typeof value
}

/** The `type` of the schema, or the types of its `enum` or `const`. */
function typeNames(schema: JsonObject): string[] {
  const { type, enum: values, const: constant } = schema
  if (type !== undefined) {
    return (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string')
  }
  if (Array.isArray(values)) return values.map(typeNameOf)
  return constant === undefined ? [] : [typeNameOf(constant)]
}

/**
 * The type for values of two types in one property. Different JSON types need a JSON column,
 * because 1 and "1" must stay different.
 */
function unionTypes(a: ColumnType, b: ColumnType): ColumnType {
  if (isSameType(a, b)) return a
  const isText = (type: ColumnType) => ['text', 'date', 'time', 'timestamp'].includes(type.kind)
  if (isNumeric(a) && isNumeric(b)) return { kind: 'number' }
  return isText(a) && isText(b) ? { kind: 'text' } : { kind: 'json' }
}

interface Walk {
  root: JsonObject
  /** How many more schemas may be visited, because references can multiply. */
  left: number
}

/** The values that a schema allows: those of one column type, any value, or only null. */
type Found = ColumnType | 'anything' | 'nothing'

function unionOf(types: readonly ColumnType[]): ColumnType | undefined {
  const [first, ...others] = types
  return first && others.reduce(unionTypes, first)
}

function isType(found: Found): found is ColumnType {
  return typeof found !== 'string'
}

/** At least one member must allow the value. */
function anyOf(members: readonly Found[]): Found {
  if (members.includes('anything')) return 'anything'
  return unionOf(members.filter(isType)) ?? 'nothing'
}

/** All members must allow the value. */
function allOf(members: readonly Found[]): Found {
  return unionOf(members.filter(isType)) ?? (members.includes('nothing') ? 'nothing' : 'anything')
}

function findNamed(schema: JsonObject): Found {
  const names = typeNames(schema)
  const types = names.map((name) => namedType(name, schema)).filter((type) => type !== undefined)
  return unionOf(types) ?? (names.includes('null') ? 'nothing' : 'anything')
}

function findType(schema: JsonValue, walk: Walk, depth: number): Found {
  if (depth > MAX_REF_DEPTH || walk.left <= 0 || schema === false) return 'nothing'
  if (!isJsonObject(schema)) return 'anything'
  walk.left--
  const membersOf = (keyword: Alternative) =>
    alternatives(schema, [keyword]).map((member) => findType(member, walk, depth + 1))
  const target = referenced(schema['$ref'], walk.root)
  const choices = (['anyOf', 'oneOf'] as const).map(membersOf).filter(({ length }) => length > 0)
  return allOf([
    findNamed(schema),
    target === undefined ? 'anything' : findType(target, walk, depth + 1),
    ...choices.map(anyOf),
    ...membersOf('allOf'),
  ])
}

/** The column type of a property: `json` if it may have any value. */
export function typeOfSchema(schema: JsonValue, root: JsonObject): ColumnType {
  const found = findType(schema, { root, left: MAX_EXPANSION }, 0)
  return isType(found) ? found : { kind: 'json' }
}

function joinNumeric(a: ColumnType, b: ColumnType, limits: TypeLimits): ColumnType {
  if (a.kind === 'number' || b.kind === 'number') return { kind: 'number' }
  const [left, right] = [a, b].map((type) =>
    type.kind === 'decimal'
      ? { whole: type.precision - type.scale, scale: type.scale }
      : { whole: INTEGER_DIGITS, scale: 0 },
  )
  const whole = Math.max(left?.whole ?? 0, right?.whole ?? 0)
  const scale = Math.max(left?.scale ?? 0, right?.scale ?? 0)
  if (whole + scale <= limits.maxPrecision)
    return { kind: 'decimal', precision: whole + scale, scale }
  return limits.isNumberExact ? { kind: 'number' } : { kind: 'text' }
}

/**
 * The type that a column must have to hold both types without loss; `existing` if it already does.
 * Undefined if a variant column is needed: turning a scalar column into JSON would change how its
 * values are read.
 */
export function joinTypes(
  existing: ColumnType,
  wanted: ColumnType,
  limits: TypeLimits,
): ColumnType | undefined {
  if (existing.kind === 'json' || isSameType(existing, wanted)) return existing
  if (wanted.kind === 'json') return undefined
  const kinds = [existing.kind, wanted.kind]
  if (kinds.every((kind) => ['integer', 'decimal', 'number'].includes(kind))) {
    return joinNumeric(existing, wanted, limits)
  }
  if (kinds.includes('date') && kinds.includes('timestamp')) return { kind: 'timestamp' }
  return { kind: 'text' }
}
