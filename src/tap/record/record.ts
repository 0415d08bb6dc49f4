/**
 * Turns a raw object of the API into a record: the only place where values change their meaning.
 */

import { AppError } from '../../errors.ts'
import { formatEpochMs, isWritableEpochMs, parseEpochMs } from '../../rfc3339.ts'
import {
  isJsonObject,
  JsonNumber,
  parseJson,
  printJson,
  type JsonObject,
  type JsonValue,
} from '../../singer/json.ts'
import type { JsonSchema } from '../../singer/messages.ts'

/**
 * Property for fields that the schema does not declare, and for values that do not fit their type.
 */
const EXTRA = 'additional_fields'
/** 9999-12-31T23:59:59Z in seconds. A greater number is in milliseconds. */
const MAX_EPOCH_SECONDS = 253_402_300_799

/** Marks a value that does not fit the declared type. */
const UNFIT = Symbol('unfit')
type Conformed = JsonValue | typeof UNFIT

/**
 * Epoch milliseconds of a timestamp: Unix seconds, as the API sends it, milliseconds or a string.
 */
export function epochMsOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'string') {
    return /^-?\d+(\.\d+)?$/.test(value) ? epochMsOf(Number(value)) : parseEpochMs(value)
  }
  if (typeof value !== 'number') return undefined
  const epochMs = Math.round(value > MAX_EPOCH_SECONDS ? value : value * 1000)
  return isWritableEpochMs(epochMs) ? epochMs : undefined
}

/** The replication key value; undefined if it is unusable (0, null, negative, not a time). */
export function positionMsOf(
  raw: JsonObject,
  replicationKey: string | undefined,
): number | undefined {
  const epochMs = replicationKey === undefined ? undefined : epochMsOf(raw[replicationKey])
  return epochMs !== undefined && epochMs > 0 ? epochMs : undefined
}

/** 0 and an empty string mean that there is no time. */
function toTimestamp(value: JsonValue): Conformed {
  if (value === 0 || value === '' || value === '0') return null
  const epochMs = epochMsOf(value)
  return epochMs === undefined ? UNFIT : formatEpochMs(epochMs)
}

function toInteger(value: JsonValue): Conformed {
  if (typeof value === 'number') return Number.isInteger(value) ? value : UNFIT
  if (value instanceof JsonNumber) return /^-?\d+$/.test(value.text) ? value : UNFIT
  if (typeof value === 'string' && /^-?(0|[1-9]\d{0,30})$/.test(value)) return parseJson(value)
  return UNFIT
}

function toBoolean(value: JsonValue): Conformed {
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  return value === 'false' ? false : UNFIT
}

function toObject(value: JsonValue): Conformed {
  if (isJsonObject(value)) return value
  if (typeof value !== 'string') return UNFIT
  try {
    const parsed = parseJson(value)
    return isJsonObject(parsed) ? parsed : UNFIT
  } catch {
    return UNFIT
  }
}

function toArray(value: JsonValue, items: JsonValue | undefined): Conformed {
  if (!Array.isArray(value)) return UNFIT
  if (!isJsonObject(items)) return value
  const conformed = value.map((item) => conform(item, items))
  return conformed.every((item): item is JsonValue => item !== UNFIT) ? conformed : UNFIT
}

/** Declared members in their types; undeclared members unchanged. */
function conformMembers(value: Conformed, schema: JsonObject): Conformed {
  const properties = schema['properties']
  if (value === UNFIT || !isJsonObject(value) || !isJsonObject(properties)) return value
  const members = Object.entries(value).map(([name, member]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    return [name, isJsonObject(property) ? conform(member, property) : member] as const
  })
  return members.every((member): member is [string, JsonValue] => member[1] !== UNFIT)
    ? Object.fromEntries(members)
    : UNFIT
}

/** The type other than null; an empty string if the schema names none. */
function typeOf(schema: JsonObject): string {
  const type = schema['type']
  const named = Array.isArray(type) ? type.find((name) => name !== 'null') : type
  return typeof named === 'string' ? named : ''
}

/** The value in the declared type, or UNFIT. Never rounds or truncates. */
function conform(value: JsonValue, schema: JsonObject): Conformed {
  if (value === null) return null
  switch (typeOf(schema)) {
    case 'string':
      if (schema['format'] === 'date-time') return toTimestamp(value)
      return typeof value === 'string' ? value : printJson(value)
    case 'integer':
      return toInteger(value)
    case 'number':
      return typeof value === 'number' || value instanceof JsonNumber ? value : UNFIT
    case 'boolean':
      return toBoolean(value)
    case 'array':
      return toArray(value, schema['items'])
    case 'object':
      return conformMembers(toObject(value), schema)
    default:
      return value
  }
}

export interface RecordShape {
  stream: string
  /** With `properties`: the whole row. */
  schema: JsonSchema
  keyProperties: readonly string[]
}

/**
 * The whole row: every declared property, null if the API omitted it. All other fields go unchanged
 * into `additional_fields`. Throws BAD_RESPONSE for an object without its key properties.
 */
export function toRecord(raw: JsonObject, shape: RecordShape): JsonObject {
  const declared = shape.schema['properties']
  const properties = isJsonObject(declared) ? declared : {}
  const extra: [string, JsonValue][] = Object.entries(raw).filter(
    ([name]) => name === EXTRA || !Object.hasOwn(properties, name),
  )
  const row = Object.entries(properties).map(([name, schema]): [string, JsonValue] => {
    const value = Object.hasOwn(raw, name) && name !== EXTRA ? raw[name] : undefined
    if (value === undefined || !isJsonObject(schema)) return [name, value ?? null]
    const conformed = conform(value, schema)
    if (conformed !== UNFIT) return [name, conformed]
    extra.push([name, value])
    return [name, null]
  })
  const record: JsonObject = Object.fromEntries(row)
  const keyless = shape.keyProperties.find(
    (key) => record[key] === null || record[key] === undefined,
  )
  if (keyless !== undefined) {
    throw new AppError('BAD_RESPONSE', `An object of ${shape.stream} has no usable \`${keyless}\`.`)
  }
  if (!Object.hasOwn(properties, EXTRA)) return record
  return { ...record, [EXTRA]: extra.length === 0 ? null : Object.fromEntries(extra) }
}
