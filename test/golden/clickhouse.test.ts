/**
 * The statements for ClickHouse, reviewed like code. To accept a change: UPDATE_GOLDEN=1 npm test
 * golden
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Content } from '../../src/loader/warehouse.ts'
import type { ColumnType } from '../../src/loader/schema/types.ts'
import {
  columnsOf,
  contentsOf,
  findTables,
  indexesOf,
  orderOf,
} from '../../src/warehouses/clickhouse/tables/catalog.ts'
import { convertedRows, convertSql } from '../../src/warehouses/clickhouse/foreign/convert.ts'
import {
  findContent,
  findMovable,
  movedColumns,
} from '../../src/warehouses/clickhouse/tables/keys.ts'
import { findLoad } from '../../src/warehouses/clickhouse/commit/taking-back.ts'
import {
  createFrom,
  isIn,
  isKept,
  mergedRows,
  stagedRows,
} from '../../src/warehouses/clickhouse/rows/merge.ts'
import type { ClickhouseQuery } from '../../src/warehouses/clickhouse/connect/session.ts'
import * as statements from '../../src/warehouses/clickhouse/sql.ts'
import type { ClickhousePlace } from '../../src/warehouses/clickhouse/sql.ts'
import { textOf } from '../../src/warehouses/clickhouse/style.ts'
import { convertedSql } from '../../src/warehouses/clickhouse/types.ts'
import { insertFrom } from '../../src/warehouses/merge-sql.ts'
import { id, sql, type Sql } from '../../src/warehouses/sql.ts'
import { newestRows, summarizeRows } from '../../src/warehouses/row-queries.ts'
import { storedComments } from '../../src/warehouses/comment-sql.ts'
import { triedColumns, type StagedStep } from '../../src/warehouses/standard-sql.ts'
import { ROOT } from '../support/programs.ts'

const PLACE: ClickhousePlace = { database: 'marketing', cluster: undefined, engine: 'MergeTree' }
const CLUSTER: ClickhousePlace = { ...PLACE, cluster: "it's", engine: 'ReplicatedMergeTree' }
const TABLE = ['marketing', 'cio_"users"\\'] as const
const STAGE = ['marketing', '.sdc_work.cio_.0123abcd.1'] as const
const KINDS = ['boolean', 'integer', 'number', 'date', 'time', 'timestamp', 'text', 'json'] as const
const TYPES: readonly ColumnType[] = [
  ...KINDS.map((kind) => ({ kind })),
  { kind: 'decimal', precision: 38, scale: 9 },
]
const COLUMNS = TYPES.map((type) => ({ name: `a ${type.kind}`, type }))
const STEP: StagedStep = {
  kind: 'write',
  table: TABLE[1],
  columns: ['id', 'name', '_sdc_deleted_at'].map((name) => ({ name })),
  rowCount: 0,
  keys: [{ column: 'id', isNullable: false }],
  deleteWhereSet: undefined,
}
const NULLABLE: StagedStep = {
  ...STEP,
  keys: ['id', 'id__text'].map((column) => ({ column, isNullable: true })),
  deleteWhereSet: '_sdc_deleted_at',
}
const CONTENTS: readonly [Content, ColumnType][] = [
  ['anything', { kind: 'integer' }],
  ['scalars', { kind: 'text' }],
  ['scalars', { kind: 'json' }],
  ['odd-numbers', { kind: 'text' }],
  ['json-strings', { kind: 'json' }],
  ['json-scalars', { kind: 'json' }],
  ['json-times', { kind: 'json' }],
  ['midnights', { kind: 'timestamp' }],
  ['large-numbers', { kind: 'number' }],
]
const INTEGER = { name: 'id', type: { kind: 'integer' } } as const
const TEXT = { name: 'id__text', type: { kind: 'text' } } as const

/** A query that notes its statement. */
function noting(): { noted: Sql[]; query: ClickhouseQuery } {
  const noted: Sql[] = []
  return {
    noted,
    query: async (statement) => {
      noted.push(statement)
      return Promise.resolve([])
    },
  }
}

async function catalogQueries(): Promise<Sql[]> {
  const { noted, query } = noting()
  await findTables(query, 'marketing')
  await findTables(query, 'marketing', ["cio_user's"])
  await contentsOf(query, 'marketing', ["cio_user's", 'cio_orders'])
  await columnsOf(query, TABLE)
  await orderOf(query, TABLE)
  await indexesOf(query, TABLE)
  return noted
}

function onBoth(statement: (place: ClickhousePlace) => Sql): Sql[] {
  return [statement(PLACE), statement(CLUSTER)]
}

function converted(native: string, from: ColumnType): Sql {
  const trial = { native: { name: native, base: native }, from, isKey: false }
  return sql`select ${convertSql(id('value'), trial)}`
}

const FOREIGN = triedColumns(
  [{ name: 'n', native: { name: 'Int16', base: 'Int16' }, variants: [INTEGER, TEXT] }],
  new Set(),
)

const CASES: Record<string, readonly Sql[]> = {
  'find and create the database': [
    statements.findDatabase('marketing'),
    ...onBoth(statements.createDatabase),
  ],
  'create a table': onBoth((place) =>
    statements.createTable(place, TABLE[1], { columns: COLUMNS, sortedBy: ['a text', 'a date'] }),
  ),
  'create a table for this server': [
    statements.createTable(statements.localPlace(CLUSTER), STAGE[1], { columns: [INTEGER] }),
  ],
  'copy a table': [
    ...onBoth((place) => statements.createLike(place, STAGE[1], TABLE[1])),
    statements.attachRows(STAGE, TABLE),
  ],
  publish: [
    ...onBoth((place) => statements.exchangeTables(place, TABLE[1], STAGE[1])),
    ...onBoth((place) => statements.renameTable(place, STAGE[1], TABLE[1])),
    ...onBoth((place) => statements.dropTable(place, STAGE[1])),
    statements.dropTableLater(PLACE, STAGE[1]),
  ],
  'change rows and columns': [
    statements.addColumn(TABLE, { name: 'document', type: { kind: 'json' } }),
    ...onBoth((place) => statements.truncateTable(place, TABLE[1])),
    statements.insertBytes(TABLE, STEP.columns),
    insertFrom(TABLE, STEP.columns, statements.selectColumns(STAGE, STEP.columns)),
    statements.deleteRows(TABLE, sql`${id('v')} < 2`),
    statements.updateRows(TABLE, [sql`${id('v')} = 1`], sql`${id('v')} < 2`),
    statements.countWhere(TABLE, sql`${id('v')} < 2`),
  ],
  'describe and read': [
    statements.describeTables('marketing', "cio'_"),
    statements.lastLoads(TABLE),
    findLoad('marketing', { ledger: '_sdc_loads', loadNumber: 7, runId: "it's" }),
    statements.loadedStreams(TABLE),
    statements.findInexact(TABLE, INTEGER, { kind: 'number' }),
    statements.describeViews('marketing', "cio'_"),
    storedComments(TABLE),
    summarizeRows(TABLE, { marks: ['_sdc_deleted_at'], newest: 'updated' }),
    newestRows(TABLE, { columns: ['id', "it's"], newest: 'updated', maxRows: 20 }),
  ],
  comments: [
    ...statements.setComments(PLACE, TABLE, {
      comment: "It's a table",
      columns: [
        { ...TEXT, comment: 'First line\nsecond line' },
        { name: 'tags', type: { kind: 'json' }, comment: 'Back\\slash' },
        { ...TEXT, comment: 'JSON: like a mark' },
      ],
    }),
    ...statements.setComments(CLUSTER, TABLE, { comment: 'Only a table', columns: [] }),
  ],
  'live views': onBoth((place) =>
    statements.createLiveView(place, {
      kind: 'live-view',
      table: TABLE[1],
      view: `${TABLE[1]}_live`,
      columns: ['id', 'name'],
      marks: ['_sdc_deleted_at', '_sdc_deleted_at__timestamp'],
    }),
  ),
  merge: [
    stagedRows(STAGE, STEP, isKept(NULLABLE)),
    statements.deleteRows(TABLE, isIn(STAGE, STEP)),
    statements.deleteRows(TABLE, isIn(STAGE, NULLABLE)),
    createFrom(STAGE, mergedRows(TABLE, STAGE, { ...STEP, others: ['note'] })),
    mergedRows(TABLE, STAGE, { ...NULLABLE, others: ['note'] }),
  ],
  'convert a column': TYPES.flatMap((from) =>
    (['text', 'number', 'timestamp'] as const).map(
      (kind) => sql`select ${convertedSql(id('value'), from, { kind })}`,
    ),
  ),
  'contents of keys': CONTENTS.map(([content, type]) =>
    findContent(TABLE, { name: 'id', type }, content),
  ),
  'move keys': [
    findMovable(TABLE, TEXT, INTEGER),
    findMovable(TABLE, INTEGER, TEXT),
    ...[
      ...movedColumns(TABLE, {
        kind: 'move-values',
        table: TABLE[1],
        from: TEXT,
        to: INTEGER,
        otherKeys: ['line'],
      }),
    ].map(([name, { value }]) => sql`select ${value} as ${id(name)}`),
  ],
  'foreign types': [
    convertedRows(STAGE, [INTEGER, TEXT], { tried: FOREIGN, uniqueBy: ['n'] }),
    converted('UUID', { kind: 'text' }),
    converted("Enum8('a' = 1, 'it\\'s' = 2)", { kind: 'text' }),
    converted('Float32', { kind: 'number' }),
    converted('DateTime64(9)', { kind: 'timestamp' }),
    converted('DateTime', { kind: 'date' }),
    converted('Time', { kind: 'time' }),
    converted('Int32', { kind: 'json' }),
    converted('LowCardinality(String)', { kind: 'json' }),
  ],
}

test('every statement matches its reviewed golden file', async () => {
  const path = join(ROOT, 'test/golden/clickhouse.sql')
  const cases = { ...CASES, catalog: await catalogQueries() }
  const text = Object.entries(cases)
    .map(([name, list]) => `-- ${name}\n${list.map((one) => `${textOf(one)};\n`).join('')}`)
    .join('\n')
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
})
