/** Edits of the workspace that a client of the sandbox sends as JSON. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { duplicateCampaign } from '../action-edits.ts'
import type { Changes, Id } from '../change.ts'
import {
  clickDelivery,
  convertDelivery,
  forgetPerson,
  openDelivery,
  sendDraft,
} from '../deliveries/edits.ts'
import { duplicateNewsletter } from '../edits.ts'
import { addRow, deleteRow, editRow, type ListAt, type RowAt } from '../row-edits.ts'
import { CHILD_IDS, CHILDREN, entryOf, isChild, LIST_IDS, type StreamId } from '../streams.ts'
import { idText, type World } from '../world.ts'

const VERBS = [
  'add',
  'edit',
  'delete',
  'duplicate',
  'open',
  'click',
  'convert',
  'send',
  'forget',
] as const

/** Returns the object as it is after the edit; null for a deleted one. */
type ApplyEdit = (world: World, edit: JsonObject) => JsonObject | null

function fieldsOf(edit: JsonObject): Changes {
  const fields = edit['set'] ?? {}
  if (!isJsonObject(fields)) throw new RangeError('`set` must be an object.')
  return fields
}

function idOf(edit: JsonObject, name = 'id'): Id {
  const id = idText(edit[name])
  if (id === '') throw new RangeError(`\`${name}\` must be the ID of an object.`)
  return id
}

function listAt(stream: StreamId, edit: JsonObject): ListAt {
  return isChild(stream)
    ? { stream, parentId: idOf(edit, CHILDREN[stream].parentField) }
    : { stream }
}

function rowAt(stream: StreamId, edit: JsonObject): RowAt {
  const at = listAt(stream, edit)
  return isChild(stream) && CHILDREN[stream].isSingle ? at : { ...at, id: idOf(edit) }
}

/** The edits of one stream, by verb and kind of object. */
function editsOf(stream: StreamId): [name: string, apply: ApplyEdit][] {
  const { kind } = entryOf(stream)
  const edits: [string, ApplyEdit][] = [
    [`edit ${kind}`, (world, edit) => editRow(world, rowAt(stream, edit), fieldsOf(edit))],
  ]
  if (isChild(stream) && CHILDREN[stream].isSingle) return edits
  return [
    ...edits,
    [`add ${kind}`, (world, edit) => addRow(world, listAt(stream, edit), fieldsOf(edit))],
    [
      `delete ${kind}`,
      (world, edit) => {
        deleteRow(world, rowAt(stream, edit))
        return null
      },
    ],
  ]
}

type RecordMetric = (world: World, id: string, at?: number) => JsonObject

/** An edit that records metrics, now or at the `at` of the edit. */
function recording(record: RecordMetric): ApplyEdit {
  return (world, edit) => {
    const at = edit['at']
    if (at !== undefined && !(typeof at === 'number' && Number.isSafeInteger(at))) {
      throw new RangeError('`at` must be epoch seconds.')
    }
    return record(world, String(idOf(edit)), at)
  }
}

/** Customer.io has copies of newsletters and campaigns only. */
const EDITS: Readonly<Record<string, ApplyEdit>> = {
  ...Object.fromEntries([...LIST_IDS, ...CHILD_IDS, 'messages' as const].flatMap(editsOf)),
  'duplicate newsletter': (world, edit) => duplicateNewsletter(world, idOf(edit)),
  'duplicate campaign': (world, edit) => duplicateCampaign(world, idOf(edit)),
  'open delivery': recording(openDelivery),
  'click delivery': recording(clickDelivery),
  'convert delivery': recording(convertDelivery),
  'send delivery': (world, edit) => sendDraft(world, String(idOf(edit))),
  'forget person': (world, edit) => {
    forgetPerson(world, String(idOf(edit)))
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
