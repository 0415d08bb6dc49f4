/**
 * Edits of a campaign's actions. They update the list in `campaign.actions` but not the campaign's
 * `updated`, as Customer.io does. They throw RangeError for an unknown campaign or action.
 */

import type { JsonObject } from '../singer/json.ts'
import type { Changes, Id } from './change.ts'
import { claimId, copyName, indexOfId, nowSeconds, takeId, withChanges } from './change.ts'
import { insertCampaign } from './edits.ts'
import { actionEntry } from './examples/contents.ts'
import type { World } from './world.ts'
import { idText } from './world.ts'

/** Identifies one action. */
export interface ActionAt {
  campaignId: Id
  actionId: Id
}

function actionsIn(world: World, campaignId: Id): JsonObject[] {
  const actions = world.actions.get(String(campaignId))
  if (!actions) throw new RangeError(`The workspace has no campaign ${campaignId}.`)
  return actions
}

function describe({ campaignId, actionId }: ActionAt): string {
  return `action ${actionId} of campaign ${campaignId}`
}

/** Updates the list of actions in the campaign. */
function listActions(world: World, campaignId: Id): void {
  const index = indexOfId(world.campaigns, campaignId, `campaign ${campaignId}`)
  const actions = actionsIn(world, campaignId).map(actionEntry)
  world.campaigns[index] = { ...world.campaigns[index], actions }
  world.revision++
}

/** The template ID in an action's `deduplicate_id`. It is not the action's ID. */
function templateOf(action: JsonObject | undefined): string {
  return idText(action?.['deduplicate_id']).split(':')[0] ?? ''
}

/** Changes an action and returns it. `changes` may override `updated`. */
export function editAction(world: World, at: ActionAt, changes: Changes): JsonObject {
  const actions = actionsIn(world, at.campaignId)
  const index = indexOfId(actions, at.actionId, describe(at))
  const updated = nowSeconds(world)
  const deduplicate_id = `${templateOf(actions[index])}:${updated}`
  const edited = withChanges({ ...actions[index], updated, deduplicate_id }, changes)
  actions[index] = edited
  world.revision++
  return edited
}

/** Adds an email at the end. Without `id` it gets the next free ID. */
export function insertAction(world: World, campaignId: Id, fields: Changes = {}): JsonObject {
  const actions = actionsIn(world, campaignId)
  const now = nowSeconds(world)
  const added = withChanges(
    {
      id: idText(claimId(world, 'action', fields['id'])),
      campaign_id: Number(campaignId),
      deduplicate_id: `${takeId(world, 'template')}:${now}`,
      name: 'Untitled message',
      layout: '',
      created: now,
      updated: now,
      body: '<p>Hi {{customer.first_name}},</p>',
      type: 'email',
      sending_state: 'draft',
      language: '',
      recipient: '{{customer.email}}',
      subject: 'News for you',
    },
    fields,
  )
  actions.push(added)
  listActions(world, campaignId)
  return added
}

/** Deletes an action without a trace. */
export function deleteAction(world: World, at: ActionAt): void {
  const actions = actionsIn(world, at.campaignId)
  actions.splice(indexOfId(actions, at.actionId, describe(at)), 1)
  listActions(world, at.campaignId)
}

function copyAction(world: World, action: JsonObject, campaignId: number): JsonObject {
  return {
    ...action,
    id: String(takeId(world, 'action')),
    campaign_id: campaignId,
    deduplicate_id: `${takeId(world, 'template')}:${idText(action['updated'])}`,
  }
}

/** Adds a copy as a draft. Its actions get new IDs but keep `created` and `updated`. */
export function duplicateCampaign(world: World, id: Id): JsonObject {
  const original = world.campaigns[indexOfId(world.campaigns, id, `campaign ${id}`)]
  const copyId = takeId(world, 'campaigns')
  const now = nowSeconds(world)
  insertCampaign(world, {
    ...original,
    id: copyId,
    deduplicate_id: `${copyId}:${now}`,
    name: copyName(original),
    created: now,
    updated: now,
    active: false,
    state: 'draft',
    first_started: 0,
  })
  const originals = actionsIn(world, id)
  const copies = originals.map((action) => copyAction(world, action, copyId))
  const newIds = new Map(originals.map((action, i) => [idText(action['id']), copies[i]?.['id']]))
  for (const copy of copies) {
    const parent = newIds.get(idText(copy['parent_action_id']))
    if (parent !== undefined) copy['parent_action_id'] = Number(parent)
  }
  actionsIn(world, copyId).push(...copies)
  listActions(world, copyId)
  return world.campaigns[world.campaigns.length - 1] ?? {}
}
