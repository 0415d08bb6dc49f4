/** Pure: how the runner calls the methods of the streams. */

import type { ReplicationMethod } from '../singer/catalog.ts'
import { definitionOf } from './index.ts'

export type Mode = 'incremental' | 'full_refresh'

export const METHODS: Readonly<Record<Mode, ReplicationMethod>> = {
  incremental: 'INCREMENTAL',
  full_refresh: 'FULL_TABLE',
}

const MODES: Readonly<Record<ReplicationMethod, Mode>> = {
  INCREMENTAL: 'incremental',
  FULL_TABLE: 'full_refresh',
}

/** The modes that a stream supports. The first one is the default. */
export function modesOf(stream: string): [Mode, ...Mode[]] {
  const [first, ...others] = definitionOf(stream).methods
  return [MODES[first], ...others.map((method) => MODES[method])]
}
