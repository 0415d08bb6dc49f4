/**
 * The warehouses of the load benchmarks: their URLs, how to empty them and count their rows.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { query } from '../test/e2e/support/connection.ts'
import { databaseOf, postgresRows, postgresRun } from '../test/interop/postgres.ts'
import { withServer } from './postgres.ts'
import { SCHEMA, withFolder } from './records.ts'

/** Counts and deletes loaded rows. */
export interface Store {
  /** Drops all tables and flushes pending writes of earlier loads. */
  reset: () => Promise<void>
  /** Rows in the table of the measured file's stream. */
  rows: () => Promise<number>
}

export interface Warehouse extends Store {
  /** For `warehouse_url`. */
  url: string
  /** A folder for files. It is deleted after the bench. */
  folder: string
}

/** Runs the work with an empty warehouse, then deletes it. */
export type WithWarehouse = <T>(work: (warehouse: Warehouse) => Promise<T>) => Promise<T>

/** Counts the table's rows in a column `loaded`. */
function countQuery(schema: string): string {
  return `select count(*) as loaded from ${schema}.${SCHEMA.stream}`
}

/** The same query with one column of JSON objects. */
export function jsonCountQuery(schema: string): string {
  return `select to_json(t) from (${countQuery(schema)}) t`
}

/** Deletes a DuckDB file and its WAL. */
export async function removeDatabase(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}.wal`, { force: true })
}

export const withDuckdb: WithWarehouse = (work) =>
  withFolder((folder) => {
    const path = join(folder, 'ours.duckdb')
    return work({
      url: `duckdb:${path}`,
      folder,
      reset: () => removeDatabase(path),
      rows: async () => Number((await query(path, countQuery('main')))[0]?.['loaded']),
    })
  })

/** The tables of one schema on a PostgreSQL server. */
export function postgresStore(url: string, schema: string): Store {
  const database = databaseOf(url)
  return {
    reset: async () => {
      await postgresRun(
        database,
        `drop schema if exists ${schema} cascade; create schema ${schema}`,
      )
      await postgresRun(database, 'checkpoint')
    },
    rows: async () => Number((await postgresRows(database, jsonCountQuery(schema)))[0]?.['loaded']),
  }
}

export const withPostgres: WithWarehouse = (work) =>
  withFolder((folder) =>
    withServer(({ url }) => work({ url, folder, ...postgresStore(url, 'public') })),
  )
