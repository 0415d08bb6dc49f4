import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  urlOfAnswer,
  userWithoutPassword,
  withoutPassword,
  withPassword,
} from '../../../src/cli/init/engines.ts'

test('the answer for DuckDB may be a path with any character, or a URL', () => {
  assert.equal(urlOfAnswer('duckdb', 'data/100% mine?.duckdb'), 'duckdb:data/100%25 mine%3F.duckdb')
  assert.equal(urlOfAnswer('duckdb', 'duckdb:cio.duckdb?threads=2'), 'duckdb:cio.duckdb?threads=2')
  assert.equal(urlOfAnswer('postgres', 'postgres://h/d'), 'postgres://h/d')
})

test('a password is asked for where the URL has a user and no password', () => {
  const users = {
    'postgres://loader@h:5432/d': 'loader',
    'ducklake:postgres://loader@h/d?data_path=s3://b/c': 'loader',
    'clickhouse://loader@h/d': 'loader',
    'postgres://loader:x@h/d': undefined,
    'postgres://h/d?user=loader': undefined,
    'postgres://loader@h/d?passfile=/etc/pgpass': undefined,
    'duckdb:user@home.duckdb': undefined,
    'iceberg:https://catalog.example.com/c?warehouse=w': undefined,
  }
  for (const [url, user] of Object.entries(users)) assert.equal(userWithoutPassword(url), user, url)
})

test('a typed password is encoded, a reference to a variable stays one', () => {
  const url = 'ducklake:postgres://loader@h/d?data_path=s3://b/c'
  assert.equal(
    withPassword(url, 'p/w#@$&'),
    'ducklake:postgres://loader:p%2Fw%23%40%24%26@h/d?data_path=s3://b/c',
  )
  assert.equal(
    withPassword(url, '${PGPASSWORD}'),
    'ducklake:postgres://loader:${PGPASSWORD}@h/d?data_path=s3://b/c',
  )
  assert.equal(withPassword(url, ''), url)
  for (const password of ['p/w#@$&:', '${PGPASSWORD}', '']) {
    assert.equal(withoutPassword(withPassword(url, password)), url)
  }
  assert.equal(withoutPassword('postgres://h:5432/d@e'), 'postgres://h:5432/d@e')
})
