/** What one read of a stream starts with and results in. */

import type { Bookmark, Fingerprint } from '../../singer/state.ts'
import type { StreamPlan } from '../plan.ts'
import type { StreamOutput } from '../record/stream-output.ts'
import type { Bounds } from './bounds.ts'
import type { RowCount } from './row-count.ts'

/** A read whose bounds are known. */
export interface BegunRead {
  /** With the bookmark that is saved now. */
  plan: StreamPlan
  bounds: Bounds
}

/** What a read wrote and found. */
export interface StreamRead extends BegunRead {
  output: StreamOutput
  /** All rows of the source, including those that were not written. */
  rows: RowCount
  /** For the next read to compare with. */
  fingerprint?: Fingerprint
  unreadParents?: Bookmark['unreadParents']
}
