/** Building blocks of edits. */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { IdKind, World } from './world.ts'
import { idText } from './world.ts'

/** New values by field. Undefined removes the field. */
export type Changes = Readonly<Record<string, JsonValue | undefined>>

export type Id = number | string

/** Epoch seconds by the workspace's clock. */
export function nowSeconds(world: World): number {
  return Math.floor(world.now() / 1000)
}

/** The next free ID of its kind. */
export function takeId(world: World, kind: IdKind): number {
  return ++world.lastIds[kind]
}

/** The wanted ID, which is then never assigned again, or the next free one. */
export function claimId(world: World, kind: IdKind, wanted: JsonValue | undefined): JsonValue {
  if (wanted === undefined) return takeId(world, kind)
  const id = Number(idText(wanted))
  if (Number.isSafeInteger(id)) world.lastIds[kind] = Math.max(world.lastIds[kind], id)
  return wanted
}

/** A copy of the object with the changes applied. */
export function withChanges(object: JsonObject, changes: Changes): JsonObject {
  const merged = Object.entries({ ...object, ...changes })
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as JsonObject
}

/** The index of the object. Throws RangeError, naming `what`, when it does not exist. */
export function indexOfId(objects: readonly JsonObject[], id: Id, what: string): number {
  const index = objects.findIndex((object) => idText(object['id']) === String(id))
  if (index === -1) throw new RangeError(`The workspace has no ${what}.`)
  return index
}

/** The name that Customer.io gives a copy. */
export function copyName(original: JsonObject | undefined): string {
  const name = original?.['name']
  return `Copy of ${typeof name === 'string' ? name : ''}`
}
