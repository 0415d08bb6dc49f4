/** DuckDB in memory, from which a lake is attached. */

import { DuckDBInstance } from './driver.ts'
import { FRUGAL_ALLOCATOR, isRefusedOption, leaveOneCore, refusedOption } from './open-file.ts'
import { createScratchFolder, type ScratchFolder } from './scratch-folder.ts'

export interface InMemory {
  instance: DuckDBInstance
  /** To be removed when the instance is closed. Its path is short enough for a socket. */
  folder: ScratchFolder
}

/**
 * DuckDB's `enable_external_file_cache` stays on. Each merge reads the same columns of the table
 * again, and the cache holds them compressed, as they are stored. Loads of existing keys into
 * Iceberg tables needed a quarter less CPU time with it, and as much memory.
 *
 * `settings` are DuckDB's, by its names. Without `temp_directory`, it is the new folder. Throws
 * CONFIG_INVALID for a setting that DuckDB does not accept.
 */
export async function openInMemory(settings: Record<string, string>): Promise<InMemory> {
  const folder = await createScratchFolder()
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      ...FRUGAL_ALLOCATOR,
      temp_directory: folder.path,
      ...settings,
      autoinstall_known_extensions: 'false',
    })
    if (settings['threads'] === undefined) await leaveOneCore(instance)
    return { instance, folder }
  } catch (cause) {
    folder.remove()
    throw isRefusedOption(cause) ? refusedOption(settings, cause) : cause
  }
}
