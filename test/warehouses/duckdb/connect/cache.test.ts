/** Cached blocks of a DuckDB file, and how they are freed. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { render, STANDARD_STYLE, type Sql } from '../../../../src/warehouses/sql.ts'
import { BlockCache, memoryLimitOf } from '../../../../src/warehouses/duckdb/connect/cache.ts'
import { findMemory } from '../../../../src/warehouses/duckdb/sql.ts'
import { temporaryFolder } from '../../../support/programs.ts'

for (const configured of [undefined, '300MB']) {
  test(`frees cached blocks and keeps the memory limit at ${configured ?? 'the default'}`, async (t) => {
    const folder = await temporaryFolder(t)
    const options = configured === undefined ? {} : { memory_limit: configured }
    const instance = await DuckDBInstance.create(join(folder, 'cache.duckdb'), options)
    const connection = await instance.connect()
    t.after(() => {
      connection.disconnectSync()
      instance.closeSync()
    })
    const query = async (statement: Sql) =>
      (await connection.runAndReadAll(render(statement, STANDARD_STYLE).text)).getRows()
    const cached = async () => Number((await query(findMemory()))[0]?.[0])
    const sum = async () =>
      (await connection.runAndReadAll('select bit_xor(hash(v)) from t')).getRows()[0]

    await connection.run('create table t as select cast(uuid() as text) as v from range(1000000)')
    await connection.run('checkpoint')
    const before = await sum()
    const limit = await memoryLimitOf(query)
    assert.ok(limit !== undefined)
    assert.ok((await cached()) > 20_000_000, `${await cached()} bytes are cached`)
    await new BlockCache(query).drop()
    assert.ok((await cached()) < 9_000_000, `${await cached()} bytes are cached`)
    // DuckDB rounds what it prints: 18.8 GiB becomes 18.7 GiB when read back.
    const [was, now] = [limit, await memoryLimitOf(query)].map((text = '') =>
      Number.parseFloat(text),
    )
    assert.ok(Math.abs((now ?? 0) - (was ?? 0)) < 0.15, `${was} became ${now}`)
    assert.deepEqual(await sum(), before)
  })
}
