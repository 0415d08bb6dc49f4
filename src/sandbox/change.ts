/** The steps that every edit of the workspace is made of. */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { IdKind, World } from './world.ts'
import { idText } from './world.ts'

/** New values by field; undefined takes the field away. */
export type Changes = Readonly<Record<string, JsonValue | undefined>>

export type Id = number | string

/** Seconds since the epoch by the workspace's clock. */
export function nowSeconds(world: World): number {
  return Math.floor(world.now() / 1000)
}

/** The next free id of its kind. */
export function takeId(world: World, kind: IdKind): number {
  return ++world.lastIds[kind]
}

/** The id that was asked for, which is then never handed out again, or else the next free one. */
export function claimId(world: World, kind: IdKind, wanted: JsonValue | undefined): JsonValue {
  if (wanted === undefined) return takeId(world, kind)
  const id = Number(idText(wanted))
  if (Number.isSafeInteger(id)) world.lastIds[kind] = Math.max(world.lastIds[kind], id)
  return wanted
}

/** A new object with the changes made. */
export function withChanges(object: JsonObject, changes: Changes): JsonObject {
  const merged = Object.entries({ ...object, ...changes })
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as JsonObject
}

/** Where the object is. Throws RangeError, saying `what`, where there is none. */
export function indexOfId(objects: readonly JsonObject[], id: Id, what: string): number {
  const index = objects.findIndex((object) => idText(object['id']) === String(id))
  if (index === -1) throw new RangeError(`The workspace has no ${what}.`)
  return index
}

/** What the vendor names a copy. */
export function copyName(original: JsonObject | undefined): string {
  const name = original?.['name']
  return `Copy of ${typeof name === 'string' ? name : ''}`
}
