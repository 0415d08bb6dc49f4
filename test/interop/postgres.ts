/** PostgreSQL databases for third-party programs. */

import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import pg from 'pg'
import type { JsonObject } from '../../src/singer/json.ts'
import { SERVER_VARIABLE } from '../support/postgres-server.ts'

export interface Database {
  host: string
  port: number
  user: string
  password: string
  name: string
}

async function withClient<T>(
  database: Database,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { name, ...at } = database
  const client = new pg.Client({ ...at, database: name })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Runs statements without parameters. */
export async function postgresRun(database: Database, statements: string): Promise<void> {
  await withClient(database, async (client) => {
    await client.query(statements)
  })
}

/** The rows of a query with one column of JSON objects. */
export async function postgresRows(database: Database, query: string): Promise<JsonObject[]> {
  const { rows } = await withClient(database, async (client) =>
    client.query<[JsonObject]>({ text: query, rowMode: 'array' }),
  )
  return rows.map(([row]) => row)
}

/** The schema into which third-party targets load. */
export const POSTGRES_SCHEMA = 'cio'

/** Settings of a third-party target. Targets differ in the key of the database name. */
export function postgresSettings(
  { name, ...server }: Database,
  databaseKey: 'database' | 'dbname',
): JsonObject {
  return { ...server, [databaseKey]: name, default_target_schema: POSTGRES_SCHEMA }
}

/** The database that a URL names. */
export function databaseOf(text: string): Database {
  const url = new URL(text)
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    // A server that trusts loopback requires no password, but the programs do.
    password: decodeURIComponent(url.password) || 'none',
    name: url.pathname.slice(1) || 'postgres',
  }
}

/** An empty database on the test server. It is dropped when the test ends. */
export async function freshDatabase(context: TestContext): Promise<Database> {
  const server = databaseOf(process.env[SERVER_VARIABLE] ?? '')
  const name = `interop_${randomUUID().replaceAll('-', '')}`
  await postgresRun(server, `create database ${name}`)
  context.after(() => postgresRun(server, `drop database ${name} with (force)`))
  return { ...server, name }
}
