/**
 * The content of the workspace, as plain objects in the API's shape. Tests compare a sync with it.
 */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import { JsonNumber } from '../singer/json.ts'
import type { Deliveries } from './deliveries/store.ts'
import { noDeliveries } from './deliveries/store.ts'
import type { ChildId, ListId } from './streams.ts'
import { CHILD_IDS, LIST_IDS } from './streams.ts'

/** Rows by stream. */
export type Collections = Record<ListId, JsonObject[]>

/**
 * Rows by stream and ID of the parent, as a string. Without an entry, a parent has the rows of
 * `derived.ts`. Read them with `rows.ts`.
 */
export type Children = Record<ChildId, Map<string, JsonObject[]>>

/** The lists as the API sends them. Actions are keyed by campaign ID, as a string. */
export interface Contents {
  newsletters: JsonObject[]
  campaigns: JsonObject[]
  actions: Map<string, JsonObject[]>
  /** Rows of the other lists. @default none */
  collections?: Partial<Collections>
  /** Rows of the other child streams. @default those of `derived.ts` */
  children?: Partial<Children>
  /** @default none */
  deliveries?: Deliveries
}

/** Kinds of IDs that the workspace assigns. An action's `deduplicate_id` holds a template ID. */
export type IdKind = 'action' | 'template' | ListId

/**
 * The workspace. Edits replace objects and never change them in place, so a copy of the lists is a
 * snapshot. Edit it with `edits.ts`, `action-edits.ts`, `row-edits.ts` and `deliveries/edits.ts`.
 * Code that changes the lists directly must raise `revision`.
 */
export interface World {
  /** The same list as `collections.newsletters`. */
  readonly newsletters: JsonObject[]
  /** The same list as `collections.campaigns`. */
  readonly campaigns: JsonObject[]
  /** The same map as `children.campaign_actions`. */
  readonly actions: Map<string, JsonObject[]>
  readonly collections: Readonly<Collections>
  readonly children: Readonly<Children>
  readonly deliveries: Deliveries
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

function lastIdsOf(contents: Contents, collections: Collections): Record<IdKind, number> {
  let template = 0
  for (const action of allActions(contents)) {
    const id = Number.parseInt(idText(action['deduplicate_id']), 10)
    if (id > template) template = id
  }
  const lists = LIST_IDS.map((id) => [id, highestId(collections[id])] as const)
  return {
    ...(Object.fromEntries(lists) as Record<ListId, number>),
    action: highestId(allActions(contents)),
    template,
  }
}

/** Creates a workspace from these lists, which it then owns. */
export function makeWorld(contents: Contents, now: () => number = Date.now): World {
  const { newsletters, campaigns, actions } = contents
  const collections = {
    ...(Object.fromEntries(LIST_IDS.map((id) => [id, []])) as unknown as Collections),
    ...contents.collections,
    newsletters,
    campaigns,
  }
  const children = {
    ...(Object.fromEntries(CHILD_IDS.map((id) => [id, new Map()])) as unknown as Children),
    ...contents.children,
    campaign_actions: actions,
  }
  const lastIds = lastIdsOf(contents, collections)
  const { deliveries = noDeliveries() } = contents
  const lists = { newsletters, campaigns, actions, collections, children, deliveries }
  return { ...lists, now, revision: 0, lastIds }
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
