import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warehousePlace } from '../../src/urls/warehouse-place.ts'

const PLACES = {
  'duckdb:cio%20one.duckdb?threads=2': 'DuckDB, /data/cio one.duckdb',
  'postgres://loader:s%40cret@db.example.com:6432/analytics?sslmode=require':
    'PostgreSQL, database analytics on db.example.com:6432',
  'postgres:///analytics?host=/run/postgresql&password=secret':
    'PostgreSQL, database analytics on /run/postgresql',
  'postgresql://loader@db.example.com': 'PostgreSQL, db.example.com',
  'ducklake:postgres://loader:secret@db.example.com/lake?data_path=s3://bucket/cio':
    'DuckLake, database lake on db.example.com',
  'ducklake:lake.ducklake?data_path=lake': 'DuckLake, /data/lake.ducklake',
  'iceberg:https://catalog.example.com/catalog?warehouse=analytics&token=secret':
    'Iceberg, warehouse analytics of catalog.example.com/catalog',
  'clickhouse://loader:secret@ch.example.com/marketing':
    'ClickHouse, database marketing on ch.example.com',
  'clickhouse://ch.example.com:8443': 'ClickHouse, database default on ch.example.com:8443',
}

for (const [url, place] of Object.entries(PLACES)) {
  test(`says where ${url} is, without its secrets`, () => {
    assert.equal(
      warehousePlace(url, (path) => `/data/${path}`),
      place,
    )
  })
}
