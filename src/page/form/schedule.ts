/** The schedule after another type was chosen. Pure. */

import type { Document } from '../view/documents.ts'

export interface ChosenSchedule {
  /** The schedule before. */
  current: Document
  /** What was entered for the chosen type before, if anything was. */
  entered: Document | undefined
  /** IANA name of the zone of the person. */
  zone: string
}

/** A paused schedule stays paused, because a change of the type starts no run. */
export function scheduleOfType(type: string, { current, entered, zone }: ChosenSchedule): Document {
  const first: Readonly<Record<string, Document>> = {
    basic: { every: '24h' },
    cron: { expression: '0 2 * * *', timezone: zone },
  }
  const { paused: _paused, ...others } = entered ?? {}
  const { paused } = current
  return { ...first[type], ...others, type, ...(paused !== undefined && { paused }) }
}
