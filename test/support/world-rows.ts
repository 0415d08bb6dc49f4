/** What a complete read of a stream must find in a sandbox. */

import type { JsonObject } from '../../src/singer/json.ts'
import { rowsOf, type StreamRow } from '../../src/sandbox/rows.ts'
import { idText, type World } from '../../src/sandbox/world.ts'
import { CHILD_IDS, LIST_IDS, type StreamId } from '../../src/sandbox/streams.ts'
import type {
  ChildrenDefinition,
  ListDefinition,
  StreamDefinition,
} from '../../src/streams/definition.ts'
import { definitionOf, STREAMS } from '../../src/streams/index.ts'
import { stableKey } from './stream-runs.ts'

/** The streams whose rows are read from whole lists. */
export const LISTED_STREAMS = STREAMS.filter(
  (stream): stream is ListDefinition | ChildrenDefinition => stream.kind !== 'windows',
)

/** The names of these streams. */
export const LISTED_NAMES: readonly StreamId[] = [...LIST_IDS, ...CHILD_IDS]

export function nameOf({ id }: StreamDefinition): StreamId {
  const name = LISTED_NAMES.find((known) => known === id)
  if (name === undefined) throw new Error(`${id} is not a stream`)
  return name
}

/** The stream whose pages are requested first: its own, or that of its parents. */
export function firstListOf(definition: StreamDefinition): StreamId {
  return definition.kind === 'children'
    ? nameOf(definitionOf(definition.parent.stream))
    : nameOf(definition)
}

/** The ids of parents whose children a stream leaves out. */
function leftOut(world: World, definition: StreamDefinition): Set<string> {
  const only = definition.kind === 'children' ? definition.parent.only : undefined
  if (only === undefined) return new Set()
  const parents = rowsOf(world, firstListOf(definition)).map(({ row }) => row)
  const others = parents.filter((row) => row[only.field] !== only.is)
  return new Set(others.map(({ id }) => idText(id)))
}

/** The rows that a complete read finds. */
export function readRows(world: World, definition: StreamDefinition): StreamRow[] {
  const excluded = leftOut(world, definition)
  return rowsOf(world, nameOf(definition)).filter(({ parentId = '' }) => !excluded.has(parentId))
}

/** The objects of the workspace with their parents' ids, by key. */
export function worldRows(world: World, definition: StreamDefinition): Map<string, JsonObject> {
  const { kind } = definition
  return new Map(
    readRows(world, definition).map(({ row, parentId }) => {
      const isChild = kind === 'children' && parentId !== undefined
      const whole = isChild ? { ...row, [definition.parent.idField]: Number(parentId) } : row
      return [stableKey(whole, definition), whole]
    }),
  )
}
