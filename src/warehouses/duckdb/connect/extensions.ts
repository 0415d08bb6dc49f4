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

async function missingError(name: string, query: DuckdbQuery, cause: unknown): Promise<AppError> {
  const [row] = await query(sql`select library_version from pragma_version()`)
  const [place] = await query(sql`select platform from pragma_platform()`)
  const file = `${String(row?.[0])}/${String(place?.[0])}/${name}.duckdb_extension`
  return new AppError(
    'DRIVER_MISSING',
    `DuckDB's extension ${name} is not installed and could not be installed.`,
    {
      hint: `With a network, run: duckdb -c "INSTALL ${name}" (DuckDB ${String(row?.[0])}). Without one, set extension_directory=FOLDER in \`warehouse_url\`, where FOLDER holds ${file}.`,
      cause,
    },
  )
}

/** Throws DRIVER_MISSING for an extension that is missing, or that another DuckDB was built for. */
export async function loadExtensions(names: readonly string[], query: DuckdbQuery): Promise<void> {
  for (const name of names) {
    try {
      await query(loadExtension(name)).catch(async (error: unknown) => {
        if (!MISSING.test(messageOf(error))) throw error
        await query(installExtension(name))
        await query(loadExtension(name))
      })
    } catch (cause) {
      throw await missingError(name, query, cause)
    }
  }
}
