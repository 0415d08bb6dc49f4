/** Checks of what was read back from a file that anybody may have changed: each member by itself, nothing unseen. */

import { parseEpochMs } from '../../rfc3339.ts'

/** A check of one member. */
export type Check = (value: unknown) => boolean
/** One check for each member of a type; members that are not named are left out of what is read. */
export type Shape<T> = { readonly [Name in keyof Required<T>]: Check }

export const isText: Check = (value) => typeof value === 'string'
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
export const isTime: Check = (value) =>
  typeof value === 'string' && parseEpochMs(value) !== undefined
export const isFlag: Check = (value) => typeof value === 'boolean'

/** The check, or null. */
export function orNull(check: Check): Check {
  return (value) => value === null || check(value)
}

/** One of these strings. */
export function oneOf(...names: string[]): Check {
  return (value) => typeof value === 'string' && names.includes(value)
}

/** The members that the shape names, in the order in which they came, where all of them are there and sound. */
export function shaped<T>(value: unknown, shape: Shape<T>): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const members = value as Record<string, unknown>
  const checks = Object.entries<Check>(shape)
  const isSound = checks.every(
    ([name, check]) => Object.hasOwn(members, name) && check(members[name]),
  )
  const ours = Object.entries(members).filter(([name]) => Object.hasOwn(shape, name))
  // Each member has been checked against the type's own shape.
  return isSound ? (Object.fromEntries(ours) as T) : undefined
}

/** The members of the second object in the order of the first, so that what is written again is the same text. */
export function inOrderOf<T extends object>(source: object, members: T): T {
  const names = Object.keys(source).filter((name) => Object.hasOwn(members, name))
  // The same members, in another order.
  return Object.fromEntries(names.map((name) => [name, members[name as keyof T]])) as T
}

/** All of them, where each is as the shape says. */
export function allOf<T>(values: readonly unknown[], shape: Shape<T>): T[] | undefined {
  const found = values.map((value) => shaped(value, shape))
  return found.every((value) => value !== undefined) ? found : undefined
}
