/** A lake with its data in an object store, loaded by the program as users run it. */

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SERVER_VARIABLE } from '../../support/postgres-server.ts'
import { temporaryFolder, type Scope } from '../../support/programs.ts'
import { databaseOf, postgresRows, postgresRun } from '../postgres.ts'
import { programOf } from '../venvs.ts'
import { command } from '../workspace.ts'
import { BUCKET, KEYS } from './moto.ts'

export interface StoredLake {
  /** The environment of target-warehouse; `port` is that of the object store. */
  env: (port: number, bucket?: string) => Record<string, string>
  /** Settings of watch.py. */
  reader: (port: number) => string
  /** How many data files of the lake the catalog names. */
  countFiles: () => Promise<number>
}

const FIND = `import duckdb
from pkgutil import iter_modules
for module in iter_modules():
    if module.name.startswith("duckdb_extension_"):
        print(module.module_finder.find_spec(module.name).submodule_search_locations[0])
print(duckdb.sql("select library_version from pragma_version()").fetchone()[0])
print(duckdb.sql("select platform from pragma_platform()").fetchone()[0])`

/** Links the extension files of the Python packages into a folder as DuckDB lays it out. */
export async function extensionFolder(test: Scope): Promise<string> {
  const { code, stdout, stderr } = await command(programOf('duckdb', 'python'), ['-c', FIND])
  if (code !== 0) throw new Error(stderr)
  const lines = stdout.trimEnd().split('\n')
  const [version = '', platform = ''] = lines.slice(-2)
  const folder = await temporaryFolder(test)
  const place = join(folder, version, platform)
  await mkdir(place, { recursive: true })
  for (const from of lines.slice(0, -2).map((path) => join(path, 'extensions', version))) {
    for (const name of await readdir(from)) {
      if (name.endsWith('.duckdb_extension')) await symlink(join(from, name), join(place, name))
    }
  }
  return folder
}

/** Its catalog is a schema of the PostgreSQL server, dropped when the test ends. */
export async function storedLake(test: Scope): Promise<StoredLake> {
  const extensions = await extensionFolder(test)
  const schema = `lake_${randomUUID().replaceAll('-', '')}`
  const server = new URL(process.env[SERVER_VARIABLE] ?? '')
  const database = databaseOf(server.href)
  test.after(() => postgresRun(database, `drop schema if exists ${schema} cascade`))
  return {
    env: (port, bucket = BUCKET) => {
      const url = new URL(server)
      url.searchParams.set('data_path', `s3://${bucket}/${schema}`)
      url.searchParams.set('metadata_schema', schema)
      url.searchParams.set('extension_directory', extensions)
      return {
        TARGET_WAREHOUSE_WAREHOUSE_URL: `ducklake:${url.href}`,
        TARGET_WAREHOUSE_TABLE_PREFIX: 'cio_',
        AWS_ACCESS_KEY_ID: KEYS.id,
        AWS_SECRET_ACCESS_KEY: KEYS.secret,
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      }
    },
    reader: (port) => {
      const { host, port: at, user, password, name } = database
      const place = `host=${host} port=${at} user=${user} password=${password} dbname=${name} sslmode=disable`
      return JSON.stringify({
        extensions,
        secret: `create secret (type s3, key_id '${KEYS.id}', secret '${KEYS.secret}', region 'us-east-1', endpoint '127.0.0.1:${port}', use_ssl false, url_style 'path')`,
        attach: `attach 'ducklake:postgres:${place}' as lake (read_only, metadata_schema '${schema}')`,
      })
    },
    countFiles: async () => {
      const [row] = await postgresRows(
        database,
        `select jsonb_build_object('files', count(*)) from ${schema}.ducklake_data_file`,
      )
      return Number(row?.['files'])
    },
  }
}
