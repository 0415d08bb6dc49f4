/**
 * The content of the workspace, as plain objects in the API's shape. Tests compare a sync with it.
 */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import { JsonNumber } from '../singer/json.ts'

/** The three lists as the API sends them. Actions are keyed by campaign ID, as a string. */
export interface Contents {
  newsletters: JsonObject[]
  campaigns: JsonObject[]
  actions: Map<string, JsonObject[]>
}

/** Kinds of IDs that the workspace assigns. An action's `deduplicate_id` holds a template ID. */
export type IdKind = 'newsletter' | 'campaign' | 'action' | 'template'

/**
 * The workspace. Edits replace objects and never change them in place, so a copy of the lists is a
 * snapshot. Edit it with `edits.ts`. Code that changes the lists directly must raise `revision`.
 */
export interface World extends Contents {
  /**
   * The clock, in epoch milliseconds, for edits and the `Date` header. May be replaced at any time.
   */
  now: () => number
  /** Raised by every edit, so that values derived from the lists can be cached. */
  revision: number
  lastIds: Record<IdKind, number>
}

/** An ID as a string, whatever its JSON type. */
export function idText(id: JsonValue | undefined): string {
  if (id instanceof JsonNumber) return id.text
  return typeof id === 'number' || typeof id === 'string' ? String(id) : ''
}

function highestId(objects: Iterable<JsonObject>): number {
  let highest = 0
  for (const object of objects) {
    const id = Number(idText(object['id']))
    if (Number.isSafeInteger(id) && id > highest) highest = id
  }
  return highest
}

function* allActions(contents: Contents): Iterable<JsonObject> {
  for (const actions of contents.actions.values()) yield* actions
}

/** Creates a workspace from these lists, which it then owns. */
export function makeWorld(contents: Contents, now: () => number = Date.now): World {
  let template = 0
  for (const action of allActions(contents)) {
    const id = Number.parseInt(idText(action['deduplicate_id']), 10)
    if (id > template) template = id
  }
  return {
    ...contents,
    now,
    revision: 0,
    lastIds: {
      newsletter: highestId(contents.newsletters),
      campaign: highestId(contents.campaigns),
      action: highestId(allActions(contents)),
      template,
    },
  }
}

/** Creates an empty workspace. */
export function emptyWorld(now: () => number = Date.now): World {
  return makeWorld({ newsletters: [], campaigns: [], actions: new Map() }, now)
}

/** The object with this ID, or undefined. */
export function findById(objects: readonly JsonObject[], id: string): JsonObject | undefined {
  return objects.find((object) => idText(object['id']) === id)
}

/** The actions of one campaign in order. Empty when it has none. */
export function actionsOf(world: World, campaignId: number | string): readonly JsonObject[] {
  return world.actions.get(String(campaignId)) ?? []
}
