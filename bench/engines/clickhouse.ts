/** The engine of ClickHouse behind the HTTP server of the tests. */

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ClickhouseSession } from '../../src/warehouses/clickhouse/connect/session.ts'
import { parseUrl } from '../../src/warehouses/clickhouse/url.ts'
import { id, lit, sql, type Sql } from '../../src/warehouses/sql.ts'
import { startClickHouse, type ClickHouseServer } from '../../test/support/clickhouse/server.ts'
import type { Engine, FloorPlace } from './engine.ts'

const FLOOR = fileURLToPath(new URL('../clickhouse-floor.js', import.meta.url))

async function withSession<T>(
  url: string,
  work: (session: ClickhouseSession) => Promise<T>,
): Promise<T> {
  const session = new ClickhouseSession(parseUrl(url, {}))
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** Number and bytes of the parts that queries read. */
function findParts(database: string): Sql {
  return sql`select count(), sum(bytes_on_disk)
from system.parts
where database = ${lit(database)} and active`
}

const RECORD_START = '"record":'

/** Writes the records alone, one a line. Returns the path of the file. */
async function writeReady(path: string): Promise<string> {
  const ready = `${path}.jsonl`
  const output = createWriteStream(ready)
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const start = line.indexOf(RECORD_START)
    if (start < 0) continue
    const record = line.slice(start + RECORD_START.length, -1)
    if (!output.write(`${record}\n`)) await once(output, 'drain')
  }
  output.end()
  await once(output, 'close')
  return ready
}

/** Each place is a database, which a load creates. */
function placeOf({ port, user, password }: ClickHouseServer, database: string): FloorPlace {
  const url = `clickhouse://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}?secure=false`
  return {
    url,
    floor: (path) => [process.execPath, FLOOR, url, path],
    size: () =>
      withSession(url, async ({ query }) => {
        const [row] = await query(findParts(database))
        return { files: Number(row?.[0]), bytes: Number(row?.[1]) }
      }),
    remove: () =>
      withSession(url, async ({ run }) => run(sql`drop database if exists ${id(database)} sync`)),
  }
}

export const CLICKHOUSE_ENGINE: Engine = {
  title: 'ClickHouse',
  word: 'clickhouse',
  missing: () =>
    process.env['TEST_CHDB'] === undefined
      ? 'Set TEST_CHDB to the folder with the engine of ClickHouse.'
      : undefined,
  writeReady,
  use: async (work) => {
    const server = await startClickHouse()
    try {
      return await work((name) => Promise.resolve(placeOf(server, `bench_${name}`)))
    } finally {
      await server.stop()
    }
  },
}
