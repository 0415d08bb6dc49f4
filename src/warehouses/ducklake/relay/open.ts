/** Starts the relay of a lake. */

import type { Logger } from '../../../logger.ts'
import { DEFAULT_METADATA_SCHEMA } from '../../../urls/warehouse-urls.ts'
import type { DucklakeUrl } from '../url.ts'
import { CatalogRelay } from './relay.ts'

/** How many times the wait for a connection a server is asked what became of a transaction. */
const LOST_COMMIT_ATTEMPTS = 2

export interface OpenRelayOptions {
  /** A folder that only this user can read, for the socket. */
  folder: string
  logger: Logger
  /** Called before the process ends by SIGKILL. */
  beforeKill: () => void
}

/** Undefined for a catalog in a file. */
export async function openRelay(
  { catalog, metadataSchema = DEFAULT_METADATA_SCHEMA }: DucklakeUrl,
  { folder, logger, beforeKill }: OpenRelayOptions,
): Promise<CatalogRelay | undefined> {
  if (catalog.kind === 'file') return undefined
  const { url } = catalog
  const relay = new CatalogRelay({
    url,
    schema: metadataSchema,
    folder,
    waitMs: LOST_COMMIT_ATTEMPTS * url.connectTimeoutMs,
    // Any later, and DuckLake would remove files that the catalog may list.
    onUnknown: () => {
      logger.critical(
        'commit_unknown',
        'The connection was lost during a commit, and the server cannot be asked. The next run continues from what was committed.',
      )
      beforeKill()
      process.kill(process.pid, 'SIGKILL')
    },
  })
  await relay.open()
  return relay
}
