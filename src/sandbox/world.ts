/** What the workspace holds: the truth that a sync is compared with, as plain objects in the shape of the wire. */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import { JsonNumber } from '../singer/json.ts'

/** The three lists as the vendor would send them. Actions are found by the text of their campaign's id. */
export interface Contents {
  newsletters: JsonObject[]
  campaigns: JsonObject[]
  actions: Map<string, JsonObject[]>
}

/** Kinds of ids that the workspace hands out; a template is what an action's `deduplicate_id` names. */
export type IdKind = 'newsletter' | 'campaign' | 'action' | 'template'

/**
 * The workspace. Objects are replaced by an edit, never changed in place, so a copy of the lists is a snapshot.
 * Edit it with `edits.ts`; whoever changes the lists by hand raises `revision`.
 */
export interface World extends Contents {
  /** Epoch milliseconds: stamps edits and the `Date` header. May be exchanged at any time. */
  now: () => number
  /** Raised by every edit, so that what is derived from the lists can be kept until then. */
  revision: number
  lastIds: Record<IdKind, number>
}

/** The text of an id, whichever JSON type it came in. */
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

/** A workspace that holds these objects, with a clock. Takes the lists over. */
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

/** A workspace without any object. */
export function emptyWorld(now: () => number = Date.now): World {
  return makeWorld({ newsletters: [], campaigns: [], actions: new Map() }, now)
}

/** The object with this id, or undefined. */
export function findById(objects: readonly JsonObject[], id: string): JsonObject | undefined {
  return objects.find((object) => idText(object['id']) === id)
}

/** The actions of one campaign in their order; empty where it has none. */
export function actionsOf(world: World, campaignId: number | string): readonly JsonObject[] {
  return world.actions.get(String(campaignId)) ?? []
}
