/** DuckDB in memory, from which a lake is attached. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { FRUGAL_ALLOCATOR, isRefusedOption, refusedOption } from './open-file.ts'

const MAX_FOLDER_LENGTH = 64

export interface InMemory {
  instance: DuckDBInstance
  /** A new folder, to be removed when the instance is closed. Sockets fit into it. */
  folder: string
}

/** The path of a socket has about 100 bytes at most. */
function folderForSockets(): string {
  return tmpdir().length > MAX_FOLDER_LENGTH ? '/tmp' : tmpdir()
}

/**
 * `settings` are DuckDB's, by its names. Without `temp_directory`, it is the new folder. Throws
 * CONFIG_INVALID for a setting that DuckDB does not accept.
 */
export async function openInMemory(settings: Record<string, string>): Promise<InMemory> {
  const folder = mkdtempSync(join(folderForSockets(), 'target-warehouse-'))
  const instance = await DuckDBInstance.create(':memory:', {
    ...FRUGAL_ALLOCATOR,
    temp_directory: folder,
    ...settings,
    autoinstall_known_extensions: 'false',
  }).catch((cause: unknown) => {
    throw isRefusedOption(cause) ? refusedOption(settings, cause) : cause
  })
  return { instance, folder }
}
