import { CLICKHOUSE_ENGINE } from './engines/clickhouse.ts'
import { DUCKLAKE_ENGINE, DUCKLAKE_S3_ENGINE } from './engines/ducklake.ts'
import { ICEBERG_ENGINE } from './engines/iceberg.ts'
import { pairsBench } from './pairs.ts'

const DUCKDB_FLOOR = 'DuckDB’s read_json and the same merge'

/** Bulk loads into the warehouses for more than one machine. */
export const TARGET_LAKES = [
  pairsBench(DUCKLAKE_ENGINE, { floor: DUCKDB_FLOOR, atMost: 1.5 }),
  pairsBench(CLICKHOUSE_ENGINE, {
    floor: 'ClickHouse’s INSERT from JSON and the same merge',
    atMost: 1.5,
  }),
  pairsBench(DUCKLAKE_S3_ENGINE, { floor: DUCKDB_FLOOR, atMost: 2 }),
  pairsBench(ICEBERG_ENGINE, { floor: DUCKDB_FLOOR, atMost: 2 }),
]
