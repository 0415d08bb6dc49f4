/** Edits of the workspace that a client of the sandbox sends as JSON. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import {
  deleteAction,
  duplicateCampaign,
  editAction,
  insertAction,
  type ActionAt,
} from '../action-edits.ts'
import type { Changes, Id } from '../change.ts'
import {
  deleteCampaign,
  deleteNewsletter,
  duplicateNewsletter,
  editCampaign,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from '../edits.ts'
import { idText, type World } from '../world.ts'

const VERBS = ['add', 'edit', 'delete', 'duplicate'] as const

/** Returns the object as it is after the edit; null for a deleted one. */
type ApplyEdit = (world: World, edit: JsonObject) => JsonObject | null

function fieldsOf(edit: JsonObject): Changes {
  const fields = edit['set'] ?? {}
  if (!isJsonObject(fields)) throw new RangeError('`set` must be an object.')
  return fields
}

function idOf(edit: JsonObject, name: 'id' | 'campaign_id' = 'id'): Id {
  const id = idText(edit[name])
  if (id === '') throw new RangeError(`\`${name}\` must be the ID of an object.`)
  return id
}

function actionOf(edit: JsonObject): ActionAt {
  return { campaignId: idOf(edit, 'campaign_id'), actionId: idOf(edit) }
}

/** By verb and kind of object. Customer.io has no copies of single actions. */
const EDITS: Readonly<Record<string, ApplyEdit>> = {
  'add newsletter': (world, edit) => insertNewsletter(world, fieldsOf(edit)),
  'edit newsletter': (world, edit) => editNewsletter(world, idOf(edit), fieldsOf(edit)),
  'delete newsletter': (world, edit) => {
    deleteNewsletter(world, idOf(edit))
    return null
  },
  'duplicate newsletter': (world, edit) => duplicateNewsletter(world, idOf(edit)),
  'add campaign': (world, edit) => insertCampaign(world, fieldsOf(edit)),
  'edit campaign': (world, edit) => editCampaign(world, idOf(edit), fieldsOf(edit)),
  'delete campaign': (world, edit) => {
    deleteCampaign(world, idOf(edit))
    return null
  },
  'duplicate campaign': (world, edit) => duplicateCampaign(world, idOf(edit)),
  'add action': (world, edit) => insertAction(world, idOf(edit, 'campaign_id'), fieldsOf(edit)),
  'edit action': (world, edit) => editAction(world, actionOf(edit), fieldsOf(edit)),
  'delete action': (world, edit) => {
    deleteAction(world, actionOf(edit))
    return null
  },
}

function applyOf(edit: JsonObject): ApplyEdit {
  const [verb, ...others] = VERBS.filter((name) => edit[name] !== undefined)
  if (verb === undefined || others.length > 0) {
    throw new RangeError(`An edit has one of ${VERBS.join(', ')}.`)
  }
  const kind = idText(edit[verb])
  const apply = Object.hasOwn(EDITS, `${verb} ${kind}`) ? EDITS[`${verb} ${kind}`] : undefined
  if (apply) return apply
  const known = Object.keys(EDITS).filter((name) => name.startsWith(`${verb} `))
  const kinds = known.map((name) => name.slice(verb.length + 1))
  throw new RangeError(`\`${verb}\` must be ${kinds.join(' or ')}.`)
}

/**
 * Makes one edit, or several in their order. Returns the edited objects; null for a deleted one.
 * Throws RangeError for an edit that is not possible; the edits before it stay.
 */
export function applyEdits(world: World, body: JsonValue): (JsonObject | null)[] {
  const edits = Array.isArray(body) ? body : [body]
  return edits.map((edit) => {
    if (!isJsonObject(edit)) throw new RangeError('An edit must be an object.')
    return applyOf(edit)(world, edit)
  })
}
