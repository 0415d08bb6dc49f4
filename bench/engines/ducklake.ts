/** Lakes with their catalogs in a PostgreSQL server, and their data in a folder or on S3. */

import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseOf, postgresRows } from '../../test/interop/postgres.ts'
import { withServer, type Server } from '../postgres.ts'
import { withFolder } from '../records.ts'
import type { Engine, FloorPlace, Size } from './engine.ts'
import {
  EXTENSIONS,
  floorOf,
  LAKE_SETTINGS,
  missingExtensions,
  missingStore,
  storeSecret,
} from './floor-plan.ts'

const LAKE = 'lake'

/** Data files and files of deletions: those of the newest snapshot, and all that exist. */
async function sizeOf(server: Server, schema: string): Promise<Size> {
  const [row] = await postgresRows(
    databaseOf(server.url),
    `select jsonb_build_object(
      'files', count(*) filter (where end_snapshot is null),
      'bytes', coalesce(sum(file_size_bytes) filter (where end_snapshot is null), 0),
      'all', count(*) + (select count(*) from ${schema}.ducklake_files_scheduled_for_deletion)
    ) from (
      select end_snapshot, file_size_bytes from ${schema}.ducklake_data_file
      union all
      select coalesce(data.end_snapshot, deletions.end_snapshot), deletions.file_size_bytes
      from ${schema}.ducklake_delete_file as deletions
      left join ${schema}.ducklake_data_file as data using (data_file_id)
    ) as files`,
  )
  return {
    files: Number(row?.['files']),
    allFiles: Number(row?.['all']),
    bytes: Number(row?.['bytes']),
  }
}

interface LakeOptions {
  server: Server
  schema: string
  dataPath: string
  isStored: boolean
}

function placeOf({ server, schema, dataPath, isStored }: LakeOptions): FloorPlace {
  const { host, port, user, name } = databaseOf(server.url)
  const url = new URL(server.url)
  url.searchParams.set('data_path', dataPath)
  url.searchParams.set('metadata_schema', schema)
  url.searchParams.set('extension_directory', EXTENSIONS)
  const extensions = ['postgres_scanner', ...(isStored ? ['httpfs'] : []), 'ducklake']
  const attach = [
    ...extensions.map((extension) => `load ${extension}`),
    ...(isStored ? [storeSecret()] : []),
    `create secret catalog (type postgres, host '${host}', port '${port}', user '${user}', database '${name}')`,
    `attach 'ducklake:postgres:sslmode=disable' as ${LAKE} (data_path '${dataPath}', meta_secret 'catalog', metadata_schema '${schema}', data_inlining_row_limit 0)`,
  ]
  return {
    url: `ducklake:${url.href}`,
    floor: floorOf({
      kind: 'ducklake',
      database: ':memory:',
      settings: LAKE_SETTINGS,
      attach,
      catalog: LAKE,
      schema: 'main',
    }),
    size: () => sizeOf(server, schema),
    remove: async () => {
      await server.psql(`drop schema if exists ${schema} cascade`)
      if (!isStored) await rm(dataPath, { recursive: true, force: true })
    },
  }
}

export const DUCKLAKE_ENGINE: Engine = {
  title: 'DuckLake, data in a folder',
  word: 'ducklake',
  missing: missingExtensions,
  use: (work) =>
    withFolder((folder) =>
      withServer((server) =>
        work(async (name) => {
          const dataPath = `${join(folder, name)}/`
          await mkdir(dataPath)
          return placeOf({ server, schema: `lake_${name}`, dataPath, isStored: false })
        }),
      ),
    ),
}

export const DUCKLAKE_S3_ENGINE: Engine = {
  title: 'DuckLake, data on S3 (moto)',
  word: 'ducklake-s3',
  missing: missingStore,
  use: (work) =>
    withServer((server) =>
      work((name) => {
        // The store outlives the lake.
        const dataPath = `s3://lake/${randomUUID()}/`
        const schema = `lake_${name}`
        return Promise.resolve(placeOf({ server, schema, dataPath, isStored: true }))
      }),
    ),
}
