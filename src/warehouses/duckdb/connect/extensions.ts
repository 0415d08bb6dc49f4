/** Loads DuckDB's extensions, and installs those that are missing. */

import { AppError } from '../../../errors.ts'
import { id, sql, type Sql } from '../../sql.ts'
import { messageOf } from '../errors.ts'
import type { DuckdbQuery } from '../sql.ts'

const MISSING = /not found|Install it first/

function loadExtension(name: string): Sql {
  return sql`load ${id(name)}`
}

function installExtension(name: string): Sql {
  return sql`install ${id(name)}`
}

/** Where DuckDB installs extensions when no setting says otherwise. */
const DEFAULT_FOLDER = '~/.duckdb/extensions'

/** Quoted for a shell if necessary. */
function argument(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

/** DuckDB's reason, without the kind of the error and the advice that follows. */
function reasonOf(cause: unknown): string {
  const [line = ''] = messageOf(cause).split('\n')
  return line.replace(/^[\w ]+ Error: /, '').replace(/\.$/, '')
}

async function loadError(name: string, query: DuckdbQuery, cause: unknown): Promise<AppError> {
  const [row = []] = await query(
    sql`select library_version, (select platform from pragma_platform()), current_setting('extension_directory') from pragma_version()`,
  )
  const [version, platform, chosen = ''] = row.map(String)
  const file = `${version}/${platform}/${name}.duckdb_extension`
  const folder = argument(`${chosen.replace(/\/+$/, '') || DEFAULT_FOLDER}/${version}/${platform}`)
  const command = `mkdir -p ${folder} && curl -fsS https://extensions.duckdb.org/${file}.gz | gunzip > ${folder}/${name}.duckdb_extension`
  return new AppError(
    'DRIVER_MISSING',
    `DuckDB's extension ${name} could not be loaded (${reasonOf(cause)}).`,
    {
      hint: `Run \`${command}\`. Without a network, run it on another machine, copy the folder, and set extension_directory=FOLDER in \`warehouse_url\`, where FOLDER holds ${file}.`,
      cause,
    },
  )
}

/** Throws DRIVER_MISSING for an extension that is missing, or that is for another DuckDB. */
export async function loadExtensions(names: readonly string[], query: DuckdbQuery): Promise<void> {
  for (const name of names) {
    try {
      await query(loadExtension(name)).catch(async (error: unknown) => {
        if (!MISSING.test(messageOf(error))) throw error
        await query(installExtension(name))
        await query(loadExtension(name))
      })
    } catch (cause) {
      throw await loadError(name, query, cause)
    }
  }
}
