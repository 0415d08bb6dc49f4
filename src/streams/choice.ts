/** Pure: which streams the setting `streams` chooses. */

import type { StreamDefinition, Tier } from './definition.ts'
import { STREAMS } from './index.ts'

/**
 * The setting `streams`: `core`, the three streams that every user gets; `workspace`, also what
 * describes the workspace; `all`, also personal data; or the names of streams.
 */
export type StreamChoice = 'core' | 'workspace' | 'all' | readonly string[]

export interface ChosenStream {
  definition: StreamDefinition
  /** The user named the stream, so it is selected without another step. */
  isNamed: boolean
}

const TIERS: Record<Exclude<StreamChoice, readonly string[]>, readonly Tier[]> = {
  core: ['core'],
  workspace: ['core', 'workspace'],
  all: ['core', 'workspace', 'personal'],
}

function isNames(choice: StreamChoice): choice is readonly string[] {
  return Array.isArray(choice)
}

/** The chosen streams, in the order in which the tap reads. Names of no stream are ignored. */
export function chosenStreams(choice: StreamChoice): ChosenStream[] {
  return STREAMS.filter(({ id, tier }) =>
    isNames(choice) ? choice.includes(id) : TIERS[choice].includes(tier),
  ).map((definition) => ({ definition, isNamed: isNames(choice) }))
}
