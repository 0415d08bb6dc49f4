/**
 * Edits of newsletters and campaigns, as users of Customer.io make them. Each sets `updated` from
 * the workspace's clock and throws RangeError for an unknown object. See `action-edits.ts` for
 * actions.
 */

import type { JsonObject } from '../singer/json.ts'
import type { Changes, Id } from './change.ts'
import { claimId, copyName, indexOfId, nowSeconds, takeId, withChanges } from './change.ts'
import type { World } from './world.ts'
import { idText } from './world.ts'

function stamp(world: World, id: string): JsonObject {
  const updated = nowSeconds(world)
  return { updated, deduplicate_id: `${id}:${updated}` }
}

/** Changes a newsletter and returns it. `changes` may override `updated`. */
export function editNewsletter(world: World, id: Id, changes: Changes): JsonObject {
  const index = indexOfId(world.newsletters, id, `newsletter ${id}`)
  const stamped = { ...world.newsletters[index], ...stamp(world, String(id)) }
  const edited = withChanges(stamped, changes)
  world.newsletters[index] = edited
  world.revision++
  return edited
}

/** Adds a draft. Without `id` it gets the next free ID. */
export function insertNewsletter(world: World, fields: Changes = {}): JsonObject {
  const id = claimId(world, 'newsletters', fields['id'])
  const draft: JsonObject = {
    id,
    deduplicate_id: '',
    type: 'email',
    content_ids: [takeId(world, 'template')],
    name: 'Untitled newsletter',
    sent_at: null,
    created: nowSeconds(world),
    updated: 0,
    tags: [],
    ...stamp(world, idText(id)),
  }
  const added = withChanges(draft, fields)
  world.newsletters.push(added)
  world.revision++
  return added
}

/** Deletes a newsletter without a trace, as Customer.io does. */
export function deleteNewsletter(world: World, id: Id): void {
  world.newsletters.splice(indexOfId(world.newsletters, id, `newsletter ${id}`), 1)
  world.children.newsletter_contents.delete(String(id))
  world.revision++
}

/** Adds a copy as a draft. */
export function duplicateNewsletter(world: World, id: Id): JsonObject {
  const original = world.newsletters[indexOfId(world.newsletters, id, `newsletter ${id}`)]
  const copyId = takeId(world, 'newsletters')
  return insertNewsletter(world, {
    ...original,
    id: copyId,
    name: copyName(original),
    sent_at: null,
    created: nowSeconds(world),
    ...stamp(world, String(copyId)),
  })
}

/** Changes a campaign's own fields and returns it. Its actions stay the same. */
export function editCampaign(world: World, id: Id, changes: Changes): JsonObject {
  const index = indexOfId(world.campaigns, id, `campaign ${id}`)
  const stamped = { ...world.campaigns[index], ...stamp(world, String(id)) }
  const edited = withChanges(stamped, changes)
  world.campaigns[index] = edited
  world.revision++
  return edited
}

/** Adds a draft without actions. Without `id` it gets the next free ID. */
export function insertCampaign(world: World, fields: Changes = {}): JsonObject {
  const id = claimId(world, 'campaigns', fields['id'])
  const draft: JsonObject = {
    id,
    deduplicate_id: '',
    name: 'Untitled Campaign',
    type: 'event',
    created: nowSeconds(world),
    updated: 0,
    active: false,
    state: 'draft',
    actions: [],
    first_started: 0,
    tags: [],
    ...stamp(world, idText(id)),
  }
  const added = withChanges(draft, fields)
  world.campaigns.push(added)
  world.actions.set(idText(id), [])
  world.revision++
  return added
}

/** Deletes the campaign and its actions. */
export function deleteCampaign(world: World, id: Id): void {
  world.campaigns.splice(indexOfId(world.campaigns, id, `campaign ${id}`), 1)
  world.actions.delete(String(id))
  world.revision++
}
