/** Reads rows of the workspace, whatever their stream. */

import type { JsonObject } from '../singer/json.ts'
import { deliveryRows } from './deliveries/row.ts'
import { derivedRows } from './derived.ts'
import type { ChildId, StreamId } from './streams.ts'
import { CHILDREN, isChild, LISTS } from './streams.ts'
import type { World } from './world.ts'
import { findById, idText } from './world.ts'

/** A row of a stream. */
export interface StreamRow {
  row: JsonObject
  /** ID of the parent, as a string. Only of child streams. */
  parentId?: string
}

/** Where each ID was last seen in a list. Every use checks it. */
const POSITIONS = new WeakMap<readonly JsonObject[], Map<string, number>>()

/** The row of a list with this ID, or undefined. Fast in long lists. */
export function findRow(rows: readonly JsonObject[], id: string): JsonObject | undefined {
  const remembered = rows[POSITIONS.get(rows)?.get(id) ?? -1]
  if (remembered && idText(remembered['id']) === id) return remembered
  const found = findById(rows, id)
  // Reversed: of two rows with the same ID, the first counts.
  const positions = rows.map((row, at) => [idText(row['id']), at] as const).toReversed()
  if (found) POSITIONS.set(rows, new Map(positions))
  return found
}

/** What identifies a row in its list, as a string. */
export function rowKey(stream: StreamId, row: JsonObject): string {
  const isPlain = stream === 'messages' || isChild(stream)
  const field = isPlain ? 'id' : (LISTS[stream].idField ?? 'id')
  return idText(row[field])
}

/** The rows of one parent, in order. Undefined when the workspace has no such parent. */
export function childRows(
  world: World,
  stream: ChildId,
  parentId: string,
): readonly JsonObject[] | undefined {
  if (stream === 'campaign_actions') return world.actions.get(parentId)
  const parent = findRow(world.collections[CHILDREN[stream].parent], parentId)
  if (!parent) return undefined
  return world.children[stream].get(parentId) ?? derivedRows(world, stream, parent)
}

/** Every row that a complete read of the stream must find now, in order of the parents. */
export function rowsOf(world: World, stream: StreamId): StreamRow[] {
  if (stream === 'messages') return deliveryRows(world).map((row) => ({ row }))
  if (!isChild(stream)) return world.collections[stream].map((row) => ({ row }))
  return world.collections[CHILDREN[stream].parent].flatMap((parent) => {
    const parentId = idText(parent['id'])
    const stored = world.children[stream].get(parentId)
    const rows = stored ?? derivedRows(world, stream, parent) ?? []
    return rows.map((row) => ({ row, parentId }))
  })
}
