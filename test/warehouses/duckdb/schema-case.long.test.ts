/** `default_target_schema` and `table_prefix` in another case than in the file. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { run, temporaryFolder, writeJson } from '../../support/programs.ts'

const INPUT =
  '{"type":"SCHEMA","stream":"offers","key_properties":["id"],"schema":{"properties":{"id":{"type":"integer"}}}}\n' +
  '{"type":"RECORD","stream":"offers","record":{"id":1}}\n' +
  '{"type":"STATE","value":{"n":1}}\n'

for (const [made, wanted] of [
  ['Marketing', 'marketing'],
  ['marketing', 'MARKETING'],
  ['Überblick', 'ÜBERBLICK'],
] as const) {
  test(`finds tables and STATE of the schema ${made} by the name ${wanted}`, async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'w.duckdb')
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    await connection.run(`create schema "${made}"`)
    connection.disconnectSync()
    instance.closeSync()
    for (const [at, prefix] of ['cio_', 'CIO_'].entries()) {
      const settings = { warehouse_url: `duckdb:${path}`, default_target_schema: wanted }
      const config = await writeJson(folder, 'c.json', { ...settings, table_prefix: prefix })
      const target = async (...args: string[]) => {
        const options = { args: ['--config', config, ...args], stdin: INPUT }
        const { code, stdout, stderr } = await run('target-warehouse', options)
        assert.equal(code, 0, stderr)
        return stdout
      }
      assert.equal(await target(), '{"n":1}\n')
      assert.equal(await target('--last-state'), '{"n":1}\n')
      const { has_loads: hasLoads, streams } = JSON.parse(await target('--tables', 'offers')) as {
        has_loads: boolean
        streams: { rows: number; has_loaded: boolean }[]
      }
      assert.equal(hasLoads, true)
      assert.deepEqual([streams[0]?.rows, streams[0]?.has_loaded], [1, true], `load ${at + 1}`)
    }
  })
}
