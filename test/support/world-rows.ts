/** What a complete read of a stream must find in a sandbox. */

import type { JsonObject } from '../../src/singer/json.ts'
import { rowsOf } from '../../src/sandbox/rows.ts'
import type { World } from '../../src/sandbox/world.ts'
import type { StreamDefinition } from '../../src/streams/definition.ts'
import { STREAM_NAMES, type StreamName } from '../../src/streams/index.ts'
import { stableKey } from './stream-runs.ts'

export function nameOf({ id }: StreamDefinition): StreamName {
  const name = STREAM_NAMES.find((known) => known === id)
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
