/** The only list of the streams, as data. */

import { CHILD_STREAMS } from './children.ts'
import { CORE_STREAMS } from './core.ts'
import type { ChildrenDefinition, ListDefinition, StreamDefinition } from './definition.ts'
import { LIST_STREAMS } from './lists.ts'
import { PERSONAL_STREAMS } from './personal.ts'

const DEFINITIONS = [
  ...CORE_STREAMS,
  ...LIST_STREAMS,
  ...CHILD_STREAMS,
  ...PERSONAL_STREAMS,
] as const

export type StreamName = (typeof DEFINITIONS)[number]['id']

/** A stream that is read when nothing else is chosen. */
export type CoreStreamName = (typeof CORE_STREAMS)[number]['id']

/** In the order in which the tap reads. */
export const STREAMS: readonly StreamDefinition[] = DEFINITIONS

export const STREAM_NAMES: readonly StreamName[] = DEFINITIONS.map(({ id }) => id)

/** The streams that are read when nothing else is chosen. */
export const CORE_STREAM_NAMES: readonly CoreStreamName[] = CORE_STREAMS.map(({ id }) => id)

export function isStreamName(name: string): name is StreamName {
  return STREAMS.some(({ id }) => id === name)
}

/** The definition of a stream that exists. */
export function definitionOf(name: string): StreamDefinition {
  const definition = STREAMS.find(({ id }) => id === name)
  if (!definition) throw new Error(`there is no stream ${name}`)
  return definition
}

/** The stream that a child stream is read for. */
export function parentOf({ id, parent }: ChildrenDefinition): ListDefinition {
  const definition = definitionOf(parent.stream)
  if (definition.kind !== 'list') throw new Error(`the parent of ${id} is not a list`)
  return definition
}

/** The stream that a stream is read for; undefined for one that is read on its own. */
export function parentNameOf(name: string): StreamName | undefined {
  const definition = definitionOf(name)
  if (definition.kind !== 'children') return undefined
  return STREAM_NAMES.find((parent) => parent === definition.parent.stream)
}

/** The streams that are read for the rows of this one. */
export function childrenOf({ id }: ListDefinition): ChildrenDefinition[] {
  return STREAMS.filter((stream) => stream.kind === 'children').filter(
    ({ parent }) => parent.stream === id,
  )
}
