import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { withFolder } from '../records.ts'
import { removeDatabase } from '../warehouse.ts'
import type { Engine } from './engine.ts'
import { floorOf } from './floor-plan.ts'

async function bytesOf(path: string): Promise<number> {
  const { size } = await stat(path)
  return size
}

export const DUCKDB_ENGINE: Engine = {
  title: 'DuckDB',
  word: 'duckdb',
  use: (work) =>
    withFolder((folder) =>
      work((name) => {
        const database = join(folder, `${name}.duckdb`)
        return Promise.resolve({
          url: `duckdb:${database}`,
          floor: floorOf({ kind: 'file', database, settings: {}, attach: [], schema: 'main' }),
          size: async () => ({ bytes: await bytesOf(database) }),
          remove: () => removeDatabase(database),
        })
      }),
    ),
}
