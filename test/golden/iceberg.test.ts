/**
 * The statements for Iceberg that differ from those for DuckDB, reviewed like code. To accept a
 * change: UPDATE_GOLDEN=1 npm test golden
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Column, WidenColumn } from '../../src/loader/commit-unit.ts'
import type { ColumnType } from '../../src/loader/schema/types.ts'
import {
  attachCatalog,
  extensionsFor,
  secretsFor,
  settings,
} from '../../src/warehouses/iceberg/attach.ts'
import { JsonMarks } from '../../src/warehouses/iceberg/json-marks.ts'
import { createTable, setComments } from '../../src/warehouses/iceberg/sql.ts'
import { parseUrl } from '../../src/warehouses/iceberg/url.ts'
import { addColumn, widen } from '../../src/warehouses/iceberg/widening.ts'
import { render, STANDARD_STYLE, type Sql } from '../../src/warehouses/sql.ts'
import { ROOT } from '../support/programs.ts'

const TABLE = ['iceberg_catalog', 'marketing', 'cio_"users"'] as const
const CATALOG = 'iceberg:https://catalog.example.com/api?warehouse=it%27s'
const KEYS = { AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: "it's secret", AWS_REGION: 'r' }
const INTEGER: ColumnType = { kind: 'integer' }
const JSON_TYPE: ColumnType = { kind: 'json' }
const COLUMNS: Column[] = [
  { name: 'id', type: INTEGER },
  { name: "it's", type: JSON_TYPE },
  { name: 'MORE', type: JSON_TYPE },
]

/** What opens the catalog of the URL. */
function opening(url: string, env: NodeJS.ProcessEnv): Sql[] {
  const parsed = parseUrl(url, env)
  return [
    ...secretsFor(parsed, env),
    attachCatalog(parsed, { isReadOnly: false }),
    attachCatalog(parsed, { isReadOnly: true }),
  ]
}

/** The transaction of a table with these columns, of which the last one holds JSON. */
function transactionOn(names: readonly string[]) {
  const fields = names.map((name, at) => ({ id: at + 1, name, type: 'string' }))
  const metadata = {
    'last-column-id': 7,
    'current-schema-id': 0,
    schemas: [{ 'schema-id': 0, fields }],
    properties: { [`target-warehouse.json.${names.length}`]: 'true' },
  }
  const marks = new JsonMarks(() => Promise.resolve({ name: TABLE[2], metadata }))
  return { query: () => Promise.resolve(names.map((name) => [name, 'VARCHAR'])), marks }
}

async function added(...columns: Column[]): Promise<readonly Sql[]> {
  const transaction = transactionOn(['id'])
  const all: Sql[] = []
  for (const column of columns) all.push(...(await addColumn(transaction, TABLE, column)))
  return all
}

async function widened(
  from: ColumnType | undefined,
  to: ColumnType,
  names = ['id', '_sdc_rewritten', 'at'],
): Promise<readonly Sql[]> {
  const change: WidenColumn = { kind: 'widen-column', table: TABLE[2], column: 'at', from, to }
  return widen(transactionOn(names), TABLE, change)
}

const CASES: Record<string, readonly Sql[] | Promise<readonly Sql[]>> = {
  settings: settings(),
  'open a catalog without credentials': opening(CATALOG, {}),
  'open with a token, keys of the object store': opening(CATALOG, { ICEBERG_TOKEN: 't', ...KEYS }),
  'open with the credentials of a client': opening(CATALOG, {
    ICEBERG_CLIENT_ID: 'id',
    ICEBERG_CLIENT_SECRET: "sec'ret",
  }),
  'open a catalog of AWS': opening('iceberg:https://glue.eu-west-1.amazonaws.com/iceberg', KEYS),
  'open with keys of Azure': opening(`${CATALOG}&access_delegation_mode=none`, {
    AZURE_STORAGE_ACCOUNT: 'account',
  }),
  'create a table': [createTable(TABLE, COLUMNS)],
  'create a table without JSON': [createTable(TABLE, COLUMNS.slice(0, 1))],
  'add a column, and one of JSON': added(
    { name: 'n', type: INTEGER },
    { name: 'doc', type: JSON_TYPE },
  ),
  'comment on a table': setComments(TABLE, {
    kind: 'set-comments',
    table: TABLE[2],
    comment: "It's a table",
    columns: [],
  }),
  'promote a column': widened(
    { kind: 'decimal', precision: 10, scale: 2 },
    { kind: 'decimal', precision: 20, scale: 2 },
  ),
  'promote a foreign column': widened(undefined, INTEGER),
  'rewrite a column': widened(INTEGER, { kind: 'decimal', precision: 38, scale: 0 }),
  'rewrite a column as JSON': widened(INTEGER, JSON_TYPE),
  'rewrite a column before one of JSON': widened(INTEGER, { kind: 'text' }, ['at', 'at__json']),
}

test('every statement matches its reviewed golden file', async () => {
  const path = join(ROOT, 'test/golden/iceberg.sql')
  const texts: string[] = []
  for (const [name, list] of Object.entries(CASES)) {
    const rendered = (await list).map((statement) => {
      const { text, values } = render(statement, STANDARD_STYLE)
      return `${text};${values.map((value) => `\n-- ${typeof value}: ${value}`).join('')}\n`
    })
    texts.push(`-- ${name}\n${rendered.join('')}`)
  }
  const text = texts.join('\n')
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
})

test('loads only the extensions that the environment needs', () => {
  assert.deepEqual(extensionsFor(KEYS), ['httpfs', 'avro', 'iceberg'])
  assert.deepEqual(extensionsFor({ AZURE_STORAGE_ACCOUNT: 'a' }), [
    'httpfs',
    'azure',
    'avro',
    'iceberg',
  ])
})
