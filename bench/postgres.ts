/** The PostgreSQL server of the load benchmarks. */

import { startPostgres } from '../test/support/postgres-server.ts'
import type { Measured } from './bench.ts'
import { feed } from './target.ts'

/** Typical settings of a small server, with durable writes. */
const SETTINGS = [
  'fsync = on',
  'full_page_writes = on',
  'shared_buffers = 1GB',
  'max_wal_size = 8GB',
]

export interface Server {
  url: string
  psql: (script: string, path?: string) => Promise<Measured>
  reset: (schema: string) => Promise<Measured>
}

function serverOf(url: string): Server {
  const psql = (script: string, path = '/dev/null') =>
    feed(
      [
        'psql',
        url,
        '-qX',
        '-v',
        'ON_ERROR_STOP=1',
        '-c',
        `set client_min_messages = warning; ${script}`,
      ],
      path,
    )
  return {
    url,
    psql,
    reset: (schema) => psql(`drop schema if exists ${schema} cascade; create schema ${schema}`),
  }
}

/** Runs the work with a server, then stops and deletes it. */
export async function withServer<T>(work: (server: Server) => Promise<T>): Promise<T> {
  const server = await startPostgres({ settings: SETTINGS })
  try {
    return await work(serverOf(server.url))
  } finally {
    await server.stop()
  }
}
