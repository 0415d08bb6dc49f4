/** DuckDB in memory, from which a lake is attached. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { FRUGAL_ALLOCATOR } from './open-file.ts'

export interface InMemory {
  instance: DuckDBInstance
  /** Removes the temporary folder. The instance must be closed. */
  removeFolder: () => void
}

/** `settings` are DuckDB's, by its names. Without `temp_directory`, a folder is made for it. */
export async function openInMemory(settings: Record<string, string>): Promise<InMemory> {
  const own = settings['temp_directory']
  const folder = own ?? mkdtempSync(join(tmpdir(), 'target-warehouse-'))
  const instance = await DuckDBInstance.create(':memory:', {
    ...FRUGAL_ALLOCATOR,
    ...settings,
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
  })
  const removeFolder = () => {
    if (own === undefined) rmSync(folder, { recursive: true, force: true })
  }
  return { instance, removeFolder }
}
