/** Starts a read of a stream: its bounds, and the bookmark that a later read depends on. */

import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { saveStart } from './bookmark.ts'
import { boundsOf, startsInFuture } from './bounds.ts'
import type { BegunRead } from './stream-read.ts'

/** Starts a read. Call it after the first response, because the server's clock sets the bounds. */
export async function beginRead(context: SyncContext, plan: StreamPlan): Promise<BegunRead> {
  const { startedAtMs } = context.client
  const bounds = boundsOf(plan, { config: context.config, startedAtMs })
  if (startsInFuture(plan, bounds)) {
    const stream = plan.definition.id
    context.logger.warn(
      'start_date_in_future',
      '`start_date` is in the future, so no record is written.',
      { stream },
    )
  }
  return { plan: await saveStart(context, plan, bounds), bounds }
}
