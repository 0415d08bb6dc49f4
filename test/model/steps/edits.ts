/** One edit of the workspace, as data that fast-check can generate and shrink. */

import fc from 'fast-check'
import {
  deleteAction,
  duplicateCampaign,
  editAction,
  insertAction,
} from '../../../src/sandbox/action-edits.ts'
import {
  deleteCampaign,
  deleteNewsletter,
  duplicateNewsletter,
  editCampaign,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from '../../../src/sandbox/edits.ts'
import type { World } from '../../../src/sandbox/world.ts'
import { actionsOf, idText } from '../../../src/sandbox/world.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'

const KINDS = [
  'edit newsletter',
  'insert newsletter',
  'delete newsletter',
  'duplicate newsletter',
  'edit campaign',
  'insert campaign',
  'delete campaign',
  'duplicate campaign',
  'edit action',
  'insert action',
  'delete action',
] as const

/** Values of `updated` after an edit: the current time in 4 of 9 cases, else an API oddity. */
const STAMPS = ['now', 'now', 'now', 'now', 'zero', 'null', 'absent', 'text', 'future'] as const
const FUTURE_SECONDS = 4_000_000_000

export interface Edit {
  kind: (typeof KINDS)[number]
  /** Picks one of the existing objects. */
  at: number
  stamp: (typeof STAMPS)[number]
}

export const anEdit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.nat(40),
  stamp: fc.constantFrom(...STAMPS),
})

function stampOf({ stamp }: Edit, nowSeconds: number): Record<string, JsonValue | undefined> {
  switch (stamp) {
    case 'now':
      return {}
    case 'zero':
      return { updated: 0 }
    case 'null':
      return { updated: null }
    case 'absent':
      return { updated: undefined }
    case 'text':
      return { updated: String(nowSeconds) }
    case 'future':
      return { updated: FUTURE_SECONDS }
  }
}

function pick(objects: readonly JsonObject[], at: number): string | undefined {
  const object = objects[at % Math.max(1, objects.length)]
  return object && idText(object['id'])
}

/** Picks one action of all campaigns. */
function pickAction(world: World, at: number) {
  const actions = world.campaigns.flatMap((campaign) => {
    const campaignId = idText(campaign['id'])
    return actionsOf(world, campaignId).map(({ id }) => ({ campaignId, actionId: idText(id) }))
  })
  return actions[at % Math.max(1, actions.length)]
}

let nameCount = 0

/** Makes the edit. Does nothing when no object exists for it. */
export function makeEdit(world: World, edit: Edit): void {
  const { kind, at } = edit
  const fields = { name: `name ${++nameCount}`, ...stampOf(edit, Math.floor(world.now() / 1000)) }
  if (kind === 'insert newsletter') insertNewsletter(world, fields)
  else if (kind.endsWith('newsletter')) changeNewsletter(world, edit, fields)
  else if (kind === 'insert campaign') {
    const id = idText(insertCampaign(world, fields)['id'])
    for (let count = 0; count < at % 4; count++) insertAction(world, id)
  } else if (kind.endsWith('campaign')) changeCampaign(world, edit, fields)
  else if (kind === 'insert action') {
    const id = pick(world.campaigns, at)
    if (id !== undefined) insertAction(world, id, fields)
  } else {
    const action = pickAction(world, at)
    if (action && kind === 'edit action') editAction(world, action, fields)
    if (action && kind === 'delete action') deleteAction(world, action)
  }
}

function changeNewsletter(world: World, { kind, at }: Edit, fields: JsonFields): void {
  const id = pick(world.newsletters, at)
  if (id === undefined) return
  if (kind === 'edit newsletter') editNewsletter(world, id, fields)
  if (kind === 'delete newsletter') deleteNewsletter(world, id)
  if (kind === 'duplicate newsletter') duplicateNewsletter(world, id)
}

function changeCampaign(world: World, { kind, at }: Edit, fields: JsonFields): void {
  const id = pick(world.campaigns, at)
  if (id === undefined) return
  if (kind === 'edit campaign') editCampaign(world, id, fields)
  if (kind === 'delete campaign') deleteCampaign(world, id)
  if (kind === 'duplicate campaign') duplicateCampaign(world, id)
}

type JsonFields = Record<string, JsonValue | undefined>
