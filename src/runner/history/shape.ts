/**
 * Validates objects read from files that anyone may have edited. Our own code instead of ajv: a
 * shape is checked against its type at compile time, and unknown properties are dropped.
 */

import { parseEpochMs } from '../../rfc3339.ts'

/** Checks one property. */
export type Check = (value: unknown) => boolean
/** One check for each property of a type. Other properties are dropped. */
export type Shape<T> = { readonly [Name in keyof Required<T>]: Check }

export const isString: Check = (value) => typeof value === 'string'
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
export const isTime: Check = (value) =>
  typeof value === 'string' && parseEpochMs(value) !== undefined
export const isBoolean: Check = (value) => typeof value === 'boolean'

/** Passes null and what the check passes. */
export function orNull(check: Check): Check {
  return (value) => value === null || check(value)
}

/** Passes one of these strings. */
export function oneOf(...names: string[]): Check {
  return (value) => typeof value === 'string' && names.includes(value)
}

/**
 * The properties of the shape, in their original order; undefined when one is missing or invalid.
 */
export function withShape<T>(value: unknown, shape: Shape<T>): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const properties = value as Record<string, unknown>
  const checks = Object.entries<Check>(shape)
  const isValid = checks.every(
    ([name, check]) => Object.hasOwn(properties, name) && check(properties[name]),
  )
  const known = Object.entries(properties).filter(([name]) => Object.hasOwn(shape, name))
  // The shape has checked each property of the type.
  return isValid ? (Object.fromEntries(known) as T) : undefined
}

/**
 * The properties of `object` in the order of `source`, so that writing them again gives the same
 * JSON.
 */
export function inOrderOf<T extends object>(source: object, object: T): T {
  const names = Object.keys(source).filter((name) => Object.hasOwn(object, name))
  // The same properties, in another order.
  return Object.fromEntries(names.map((name) => [name, object[name as keyof T]])) as T
}

/** All values with the shape; undefined when one of them is invalid. */
export function allWithShape<T>(values: readonly unknown[], shape: Shape<T>): T[] | undefined {
  const found = values.map((value) => withShape(value, shape))
  return found.every((value) => value !== undefined) ? found : undefined
}
