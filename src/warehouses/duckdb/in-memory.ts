/** DuckDB in memory, from which a lake is attached. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { FRUGAL_ALLOCATOR } from './open-file.ts'

export interface InMemory {
  instance: DuckDBInstance
  /** A new folder, to be removed when the instance is closed. */
  folder: string
}

/** `settings` are DuckDB's, by its names. Without `temp_directory`, it is the new folder. */
export async function openInMemory(settings: Record<string, string>): Promise<InMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'target-warehouse-'))
  const instance = await DuckDBInstance.create(':memory:', {
    ...FRUGAL_ALLOCATOR,
    temp_directory: folder,
    ...settings,
    autoinstall_known_extensions: 'false',
  })
  return { instance, folder }
}
