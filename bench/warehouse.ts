/**
 * The warehouses that loads are measured with: where one is, how to empty it, and what it holds.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { query } from '../test/e2e/support/connection.ts'
import { databaseOf, postgresRows, postgresRun } from '../test/interop/postgres.ts'
import { withServer } from './postgres.ts'
import { SCHEMA, withFolder } from './records.ts'

/** What a load leaves behind, and how to be rid of it. */
export interface Store {
  /** Leaves no table, and nothing of earlier loads that is still to be written. */
  reset: () => Promise<void>
  /** Rows in the table of the measured file's stream. */
  rows: () => Promise<number>
}

export interface Warehouse extends Store {
  /** For `warehouse_url`. */
  url: string
  /** For files; gone after the bench. */
  folder: string
}

/** Runs the work with an empty warehouse that is gone afterwards. */
export type WithWarehouse = <T>(work: (warehouse: Warehouse) => Promise<T>) => Promise<T>

/** How many rows the table has, as one column `loaded`. */
function countQuery(schema: string): string {
  return `select count(*) as loaded from ${schema}.${SCHEMA.stream}`
}

/** The same as a column of JSON objects. */
export function jsonCountQuery(schema: string): string {
  return `select to_json(t) from (${countQuery(schema)}) t`
}

/** A DuckDB file, without its rows. */
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

/** The tables of one schema on a server of PostgreSQL. */
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
