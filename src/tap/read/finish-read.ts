/** Completes a read: ACTIVATE_VERSION, if the deletion guard allows it, then the new bookmark. */

import type { SyncContext } from '../context.ts'
import { saveFinished, saveRefused } from './bookmark.ts'
import { deletionError, retiresRows } from './deletion-guard.ts'
import type { StreamRead } from './stream-read.ts'

/** Throws DELETIONS_REFUSED, after a STATE from which the next read starts from the beginning. */
async function activateVersion(context: SyncContext, read: StreamRead): Promise<void> {
  const error = deletionError(context.config, read)
  if (error) {
    await saveRefused(context, read)
    throw error
  }
  const stream = read.plan.definition.id
  const { version = 0 } = read.bounds
  await context.writer.writeMessage({ type: 'ACTIVATE_VERSION', stream, version })
}

/** Throws DELETIONS_REFUSED if the read would retire too many rows. */
export async function finishRead(context: SyncContext, read: StreamRead): Promise<void> {
  if (retiresRows(context.config, read.bounds)) await activateVersion(context, read)
  if (read.bounds.isBookmarkIgnored) {
    context.logger.warn(
      'bookmark_in_future',
      'The bookmark was in the future and was replaced; everything since the start of the first sync was read.',
      { stream: read.plan.definition.id },
    )
  }
  await saveFinished(context, read)
}
