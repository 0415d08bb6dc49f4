import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { AppError } from '../../../../src/errors.ts'
import { DuckdbSession } from '../../../../src/warehouses/duckdb/connect/database.ts'
import { loadExtensions } from '../../../../src/warehouses/duckdb/connect/extensions.ts'
import { sql } from '../../../../src/warehouses/sql.ts'
import { temporaryFolder } from '../../../support/programs.ts'

/** DuckDB with the folder, and where an extension belongs in it. */
async function sessionFor(t: TestContext, folder: string) {
  const session = new DuckdbSession()
  await session.use(
    await DuckDBInstance.create(':memory:', {
      extension_directory: folder,
      autoinstall_known_extensions: 'false',
    }),
  )
  t.after(() => session.close())
  const [row = []] = await session.query(
    sql`select library_version, (select platform from pragma_platform()) from pragma_version()`,
  )
  return { query: session.query, place: row.join('/') }
}

async function refusalOf(work: Promise<void>): Promise<string> {
  const error: unknown = await work.then(
    () => assert.fail('the extension was loaded'),
    (cause: unknown) => cause,
  )
  assert.ok(error instanceof AppError, String(error))
  assert.equal(error.code, 'DRIVER_MISSING')
  return error.fullText
}

function hintFor(shown: string, place: string): string {
  const folder = shown.replace('PLACE', place)
  return `Run \`mkdir -p ${folder} && curl -fsS https://extensions.duckdb.org/${place}/ducklake.duckdb_extension.gz | gunzip > ${folder}/ducklake.duckdb_extension\`. Without a network, run it on another machine, copy the folder, and set extension_directory=FOLDER in \`warehouse_url\`, where FOLDER holds ${place}/ducklake.duckdb_extension.`
}

test('a missing extension that cannot be installed is an error with the command to run', async (t) => {
  const file = join(await temporaryFolder(t), 'a file')
  await writeFile(file, '')
  const { query, place } = await sessionFor(t, join(file, "it's"))
  assert.equal(
    await refusalOf(loadExtensions(['ducklake'], query)),
    `DuckDB's extension ducklake could not be loaded (Failed to create directory "${file}": path exists but is not a directory!). ${hintFor(String.raw`'${file}/it'\''s/PLACE'`, place)}`,
  )
})

test('a file that is no extension of this DuckDB is an error with the command to run', async (t) => {
  const folder = await temporaryFolder(t)
  const { query, place } = await sessionFor(t, folder)
  await mkdir(join(folder, place), { recursive: true })
  await writeFile(join(folder, place, 'ducklake.duckdb_extension'), 'x'.repeat(5000))
  assert.equal(
    await refusalOf(loadExtensions(['ducklake'], query)),
    `DuckDB's extension ducklake could not be loaded (Failed to load 'ducklake', The file is not a DuckDB extension. The metadata at the end of the file is invalid). ${hintFor(`${folder}/PLACE`, place)}`,
  )
})
