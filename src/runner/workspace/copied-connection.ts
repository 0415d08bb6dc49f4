/** Refuses a connection whose file is a copy of another one in its workspace. */

import { AppError } from '../../errors.ts'
import { readJsonFile } from '../../json-file.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { Connection } from '../connection/connection.ts'
import { listConnections, type DocumentEntry } from './documents.ts'

/** Undefined for a file that cannot be read: it cannot run either. */
async function contentOf({ path }: DocumentEntry): Promise<JsonObject | undefined> {
  return readJsonFile(path, 'connection').catch(() => undefined)
}

/**
 * Throws CONFIG_INVALID when another connection of the workspace has the same id or name. A copy
 * with the id of another connection would start at its bookmarks, and write into its tables. Reads
 * only these two settings of the other files, so their variables need not be set.
 */
export async function refuseCopies({ folder, path, id, name }: Connection): Promise<void> {
  for (const other of await listConnections(folder)) {
    const content = other.path === path ? undefined : await contentOf(other)
    if (!content) continue
    const hasSameId = id !== undefined && content['id'] === id
    if (!hasSameId && (content['name'] ?? other.name) !== name) continue
    const what = hasSameId ? `id ${id}` : `name ${name}`
    throw new AppError(
      'CONFIG_INVALID',
      `Two connections have the ${what}: ${other.path} and ${path}.`,
      { hint: `Give the copy another \`${hasSameId ? 'id' : 'name'}\`.` },
    )
  }
}
