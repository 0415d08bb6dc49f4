/**
 * The statements for DuckLake that differ from those for DuckDB, reviewed like code. To accept a
 * change: UPDATE_GOLDEN=1 npm test golden
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StagedStep } from '../../src/warehouses/standard-sql.ts'
import { render, STANDARD_STYLE, type Sql } from '../../src/warehouses/sql.ts'
import {
  attachLake,
  extensionsFor,
  markCommit,
  secretsFor,
} from '../../src/warehouses/ducklake/attach-sql.ts'
import * as maintenance from '../../src/warehouses/ducklake/maintenance-sql.ts'
import { stageTable, typeSql } from '../../src/warehouses/duckdb/sql.ts'
import { mergeStaged, moveToEnd, rewriteColumn } from '../../src/warehouses/duckdb/tables/lakes.ts'
import * as statements from '../../src/warehouses/ducklake/sql.ts'
import { parseUrl } from '../../src/warehouses/ducklake/url.ts'
import { ROOT } from '../support/programs.ts'

const TABLE = ['lake', 'marketing', 'cio_"users"'] as const
const STAGE = stageTable('_sdc_stage')
const STEP: StagedStep = {
  kind: 'write',
  table: TABLE[2],
  columns: ['id', 'name', '_sdc_deleted_at'].map((name) => ({ name })),
  rowCount: 0,
  keys: [{ column: 'id', isNullable: false }],
  deleteWhereSet: undefined,
}
const WIDEN = { column: 'at', from: { kind: 'timestamp' }, to: { kind: 'text' } } as const
const KEYS = {
  AWS_ACCESS_KEY_ID: 'KEY',
  AWS_SECRET_ACCESS_KEY: "it's secret",
  AWS_REGION: 'eu-central-1',
}
const SERVER = 'ducklake:postgres://loader@db.example.com/lake?sslmode=require'

/** What opens the lake of the URL. */
function opening(url: string, env: NodeJS.ProcessEnv, password?: string): Sql[] {
  const parsed = parseUrl(url, { ...env, PGAPPNAME: 'test' })
  return [
    ...secretsFor(parsed, { env, host: '/run/relay', password }),
    attachLake(parsed, { isReadOnly: false }),
    attachLake(parsed, { isReadOnly: true }),
  ]
}

const CASES: Record<string, readonly Sql[]> = {
  'open a catalog in a file': opening("ducklake:it's.ducklake?data_path=data/", {}),
  'open a catalog in PostgreSQL, data in S3': opening(
    `${SERVER}&data_path=s3://bucket/lake&metadata_schema=cio`,
    KEYS,
    "pass'word",
  ),
  'data in a server with the interface of S3': opening(
    'ducklake:c.ducklake?data_path=s3://bucket/lake',
    { ...KEYS, AWS_SESSION_TOKEN: 'token', AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' },
  ),
  'keys from the files and services of AWS': opening(
    'ducklake:c.ducklake?data_path=s3://bucket/lake',
    { AWS_DEFAULT_REGION: 'us-east-1' },
  ),
  'data in Google Cloud Storage': opening('ducklake:c.ducklake?data_path=gs://bucket/lake', KEYS),
  'data in Azure': opening('ducklake:c.ducklake?data_path=az://container/lake', {
    AZURE_STORAGE_ACCOUNT: 'account',
  }),
  'merge staged': mergeStaged(TABLE, STAGE, STEP),
  'merge staged, deletes': mergeStaged(TABLE, STAGE, {
    ...STEP,
    deleteWhereSet: '_sdc_deleted_at',
  }),
  'rewrite a column': rewriteColumn(TABLE, WIDEN, { name: '_sdc_rewritten', typeSql }),
  'move a column to the end': moveToEnd(TABLE, { name: 'a', type: 'BIGINT' }, '_sdc_rewritten'),
  'find a column': [statements.findColumn(TABLE, 'at')],
  'find comments': [statements.findComments(TABLE)],
  'mark a commit, and find its start': [
    markCommit('mark'),
    statements.findStartSnapshot(TABLE[0]),
    statements.findSnapshot('cio', '7'),
  ],
  maintenance: [
    maintenance.findBaseTables(TABLE),
    maintenance.findFiles(TABLE),
    maintenance.refreshFiles(TABLE, 'id', ['s3://cio/a.parquet', "s3://cio/it's.parquet"]),
    maintenance.flushInlined(TABLE),
    maintenance.rewriteFiles(TABLE, 0.1),
    maintenance.mergeFiles(TABLE),
    maintenance.expireSnapshots(undefined),
    maintenance.expireSnapshots(24),
    maintenance.removeOldFiles(24),
    maintenance.removeOrphans(48),
  ],
  'note a load': [statements.noteLoad(['lake', 'marketing', 'cio__sdc_loads'], 7)],
}

test('every statement matches its reviewed golden file', () => {
  const path = join(ROOT, 'test/golden/ducklake.sql')
  const text = Object.entries(CASES)
    .map(([name, list]) => {
      const rendered = list.map((statement) => {
        const { text: body, values } = render(statement, STANDARD_STYLE)
        return `${body};${values.map((value) => `\n-- ${typeof value}: ${value}`).join('')}\n`
      })
      return `-- ${name}\n${rendered.join('')}`
    })
    .join('\n')
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
})

function needed(url: string, env: NodeJS.ProcessEnv): string[] {
  return extensionsFor(parseUrl(url, {}), env)
}

test('loads only the extensions that the URL needs', () => {
  assert.deepEqual(needed('ducklake:c.ducklake?data_path=data', {}), ['ducklake'])
  assert.deepEqual(needed(`${SERVER}&data_path=/data`, {}), ['postgres_scanner', 'ducklake'])
  const s3 = 'ducklake:c.ducklake?data_path=s3://b/p'
  assert.deepEqual(needed(s3, KEYS), ['httpfs', 'ducklake'])
  assert.deepEqual(needed(s3, {}), ['httpfs', 'aws', 'ducklake'])
  assert.deepEqual(needed('ducklake:c.ducklake?data_path=abfss://c/p', {}), ['azure', 'ducklake'])
})
