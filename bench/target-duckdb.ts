import { DUCKDB_ENGINE } from './engines/duckdb.ts'
import { pairsBench } from './pairs.ts'

export const TARGET_DUCKDB = pairsBench(DUCKDB_ENGINE, {
  floor: 'DuckDB’s read_json and the same merge',
  atMost: 1.8,
  megabytes: 250,
})
