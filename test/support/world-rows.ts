/** What a complete read of a stream must find in a sandbox. */

import type { JsonObject } from '../../src/singer/json.ts'
import { rowsOf } from '../../src/sandbox/rows.ts'
import type { World } from '../../src/sandbox/world.ts'
import { CHILD_IDS, LIST_IDS, type StreamId } from '../../src/sandbox/streams.ts'
import type {
  ChildrenDefinition,
  ListDefinition,
  StreamDefinition,
} from '../../src/streams/definition.ts'
import { STREAMS } from '../../src/streams/index.ts'
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

/** The objects of the workspace with their parents' ids, by key. */
export function worldRows(world: World, definition: StreamDefinition): Map<string, JsonObject> {
  const { kind } = definition
  return new Map(
    rowsOf(world, nameOf(definition)).map(({ row, parentId }) => {
      const isChild = kind === 'children' && parentId !== undefined
      const whole = isChild ? { ...row, [definition.parent.idField]: Number(parentId) } : row
      return [stableKey(whole, definition), whole]
    }),
  )
}
