/**
 * The values that we use of DuckDB's driver, a CommonJS package. Node 20 needs 0.2 s of CPU time to
 * find the names of its exports when it is imported, and none when it is required.
 */

import { createRequire } from 'node:module'
import type * as api from '@duckdb/node-api'

export type DuckDBInstance = api.DuckDBInstance
export type DuckDBTypeId = api.DuckDBTypeId

export const {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  DuckDBTypeId,
  StatementType,
  TIME,
  TIMESTAMPTZ,
  VARCHAR,
} = createRequire(import.meta.url)('@duckdb/node-api') as typeof api
