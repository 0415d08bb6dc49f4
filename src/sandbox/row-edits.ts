/**
 * Edits of a row of any stream, by its place. They stamp the times that the row has, and throw
 * RangeError for an unknown row or parent.
 */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import { deleteAction, editAction, insertAction } from './action-edits.ts'
import type { Changes, Id } from './change.ts'
import { claimId, nowSeconds, takeId, withChanges } from './change.ts'
import {
  deleteCampaign,
  deleteNewsletter,
  editCampaign,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from './edits.ts'
import { deleteDelivery, deliver, editDelivery } from './deliveries/edits.ts'
import { actionEntry } from './examples/contents.ts'
import type { AddedId } from './new-rows.ts'
import { NEW_ROWS } from './new-rows.ts'
import { childRows, findRow, rowKey } from './rows.ts'
import type { ChildId, StreamId } from './streams.ts'
import { CHILDREN, childrenOf, entryOf, isChild } from './streams.ts'
import type { IdKind, World } from './world.ts'
import { idText } from './world.ts'

/** The list of a stream. A child stream has one for each parent. */
export interface ListAt {
  stream: StreamId
  parentId?: Id
}

/** A list of stored rows, unlike that of deliveries. */
interface StoredAt extends ListAt {
  stream: Exclude<StreamId, 'messages'>
}

/** A row. Snippets have their name as ID. Streams with one row per parent need none. */
export interface RowAt extends ListAt {
  id?: Id
}

function kindOf(stream: StreamId): string {
  return entryOf(stream).kind.replaceAll('_', ' ')
}

function describe({ stream, id, parentId }: RowAt): string {
  const row = `${kindOf(stream)} ${id ?? ''}`.trimEnd()
  return isChild(stream) ? `${row} of ${kindOf(CHILDREN[stream].parent)} ${parentId ?? ''}` : row
}

/** The rows of the list, which the workspace then stores. */
function storedRows(world: World, { stream, parentId = '' }: StoredAt): JsonObject[] {
  if (!isChild(stream)) return world.collections[stream]
  const id = String(parentId)
  const stored = world.children[stream].get(id)
  const rows = childRows(world, stream, id)
  if (!rows) {
    throw new RangeError(`The workspace has no ${kindOf(CHILDREN[stream].parent)} ${id}.`)
  }
  if (stored) return stored
  const copy = [...rows]
  world.children[stream].set(id, copy)
  return copy
}

function indexOfRow(rows: readonly JsonObject[], at: RowAt): number {
  const { stream, id } = at
  if (isChild(stream) && CHILDREN[stream].isSingle) return 0
  const index = rows.findIndex((row) => rowKey(stream, row) === String(id))
  if (index === -1) throw new RangeError(`The workspace has no ${describe(at)}.`)
  return index
}

/** The row with the current time in the fields that hold it. */
function stamped(world: World, row: JsonObject): JsonObject {
  const now = nowSeconds(world)
  const stamps: JsonObject = {}
  for (const field of ['updated', 'updated_at']) if (field in row) stamps[field] = now
  const [prefix, time] = idText(row['deduplicate_id']).split(':')
  if (time !== undefined) stamps['deduplicate_id'] = `${prefix}:${now}`
  return { ...row, ...stamps }
}

interface Listing {
  field: string
  entry: (row: JsonObject) => JsonValue
}

const LISTINGS: Partial<Record<StreamId, Listing>> = {
  newsletter_contents: { field: 'content_ids', entry: (row) => row['id'] ?? null },
  broadcast_actions: { field: 'actions', entry: actionEntry },
}

/** Updates what the parent lists of its rows. It keeps its own times, as a campaign does. */
function listInParent(world: World, at: StoredAt): void {
  const { stream, parentId } = at
  const listing = LISTINGS[stream]
  if (!listing || !isChild(stream)) return
  const parents = world.collections[CHILDREN[stream].parent]
  const index = parents.findIndex((parent) => idText(parent['id']) === String(parentId))
  const entries = storedRows(world, at).map(listing.entry)
  parents[index] = { ...parents[index], [listing.field]: entries }
}

const ID_KINDS: Partial<Record<ChildId, IdKind>> = {
  newsletter_contents: 'template',
  transactional_contents: 'template',
  broadcast_actions: 'action',
}

/** An ID that no row of the list has. Triggers are counted for each broadcast. */
function freeId(world: World, stream: AddedId, rows: readonly JsonObject[]): number {
  const kind = isChild(stream) ? ID_KINDS[stream] : stream
  if (!kind) return Math.max(0, ...rows.map((row) => Number(idText(row['id'])))) + 1
  for (;;) {
    const id = takeId(world, kind)
    if (!rows.some((row) => rowKey(stream, row) === String(id))) return id
  }
}

function addedId(stream: StreamId): AddedId {
  if (Object.hasOwn(NEW_ROWS, stream)) return stream as AddedId
  throw new RangeError(`The workspace makes each ${kindOf(stream)} itself.`)
}

/** Adds a row at the end of the list, and returns it. Without `id` it gets the next free ID. */
export function addRow(world: World, at: ListAt, fields: Changes = {}): JsonObject {
  const { stream: asked, parentId } = at
  if (asked === 'messages') return deliver(world, fields)
  if (asked === 'newsletters') return insertNewsletter(world, fields)
  if (asked === 'campaigns') return insertCampaign(world, fields)
  if (asked === 'campaign_actions') return insertAction(world, parentId ?? '', fields)
  const stream = addedId(asked)
  const place = { ...at, stream }
  const rows = storedRows(world, place)
  const given = fields['id']
  const kind = isChild(stream) ? ID_KINDS[stream] : stream
  if (given !== undefined && kind) claimId(world, kind, given)
  const id = given ?? freeId(world, stream, rows)
  const parent = isChild(stream)
    ? findRow(world.collections[CHILDREN[stream].parent], String(parentId))
    : undefined
  const blank = NEW_ROWS[stream]({ id, parentId: parent?.['id'] ?? null, now: nowSeconds(world) })
  const added = withChanges(blank, fields)
  rows.push(added)
  listInParent(world, place)
  world.revision++
  return added
}

/** Changes a row and returns it. `changes` may override the stamped times. */
export function editRow(world: World, at: RowAt, changes: Changes): JsonObject {
  const { stream, parentId = '', id = '' } = at
  if (stream === 'messages') return editDelivery(world, String(id), changes)
  if (stream === 'newsletters') return editNewsletter(world, id, changes)
  if (stream === 'campaigns') return editCampaign(world, id, changes)
  if (stream === 'campaign_actions') {
    return editAction(world, { campaignId: parentId, actionId: id }, changes)
  }
  const rows = storedRows(world, { ...at, stream })
  const index = indexOfRow(rows, at)
  const edited = withChanges(stamped(world, rows[index] ?? {}), changes)
  rows[index] = edited
  world.revision++
  return edited
}

/** Deletes a row without a trace, and the rows of which it is the parent. */
export function deleteRow(world: World, at: RowAt): void {
  const { stream, parentId = '', id = '' } = at
  if (stream === 'messages') return deleteDelivery(world, String(id))
  if (stream === 'newsletters') return deleteNewsletter(world, id)
  if (stream === 'campaigns') return deleteCampaign(world, id)
  if (stream === 'campaign_actions') {
    return deleteAction(world, { campaignId: parentId, actionId: id })
  }
  addedId(stream)
  const place = { ...at, stream }
  const rows = storedRows(world, place)
  rows.splice(indexOfRow(rows, at), 1)
  if (!isChild(stream)) {
    for (const child of childrenOf(stream)) world.children[child].delete(String(id))
  }
  listInParent(world, place)
  world.revision++
}
